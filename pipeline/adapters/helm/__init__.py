"""Helm and Kustomize: the binaries, and Helm's own library in a process of its own.

What their output means belongs in core/render.
"""
