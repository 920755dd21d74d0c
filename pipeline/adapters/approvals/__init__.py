"""Evidence for approvals: SSH signatures and GitHub's API.

Whether it is enough is decided in core/cluster/approval.
"""
