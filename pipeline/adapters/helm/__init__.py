"""Helm and Kustomize: the binaries, and Helm's own library in a separate process.

What their output means belongs in core/render.
"""
