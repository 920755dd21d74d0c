"""Checks signatures of charts: Helm's provenance by gpg, cosign's by its public key. No network is asked.

What an unsigned or wrongly signed chart means for a run belongs in flows.
"""
