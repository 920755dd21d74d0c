"""Evidence for approvals: SSH signatures and GitHub's API.

Whether it suffices belongs in core/cluster/approval.
"""
