"""Checks signatures of charts: Helm's provenance by gpg, cosign's by its public key. No network is asked."""
