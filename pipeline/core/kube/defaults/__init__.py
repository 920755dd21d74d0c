"""What the API server fills in by itself, so that absent and defaulted read as equal.

Only defaults with a source in Kubernetes belong here.
"""
