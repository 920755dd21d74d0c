"""The API server's defaults, so that an absent field and its default compare equal.

Only defaults with a source in Kubernetes belong here.
"""
