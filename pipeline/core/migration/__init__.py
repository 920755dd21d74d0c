"""Reads what other tools declare (Flux, Argo CD, helmfile, Helm itself), and writes it as a repository of ours.

Pure: what lies on disk comes in as documents, and goes out as the text of files. What cannot be taken over is named.
"""
