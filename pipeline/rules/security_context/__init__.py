"""What pods and namespaces allow and forbid themselves on a node.

Permissions in the API belong in rules/rbac.
"""
