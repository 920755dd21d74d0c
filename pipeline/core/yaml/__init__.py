"""Reads and writes YAML exactly as Kubernetes does.

What a manifest means belongs in kube/.
"""
