"""Reads and writes YAML exactly as Kubernetes does.

Nothing here knows what a manifest means: that is kube's.
"""
