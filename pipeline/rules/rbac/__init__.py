"""Roles, bindings, service accounts, and what they grant.

What a pod may do on its node belongs in rules/security_context.
"""
