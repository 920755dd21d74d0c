"""Objects that are removed, renamed or replaced, and the data that goes with them.

Removed hooks belong in rules/helm_hook, removed permissions in rules/rbac.
"""
