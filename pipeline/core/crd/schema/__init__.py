"""The schema of a CRD: changes of its keywords, and whether a resource fits it.

Rules in CEL belong in cel/.
"""
