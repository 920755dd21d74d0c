"""Admission webhooks and policies, aggregated APIs, and what happens when they do not answer.

Conversion webhooks of a CRD belong in rules/crd.
"""
