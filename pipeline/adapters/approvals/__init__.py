"""Evidence for approvals: SSH signatures and GitHub's own answers.

Whether it suffices belongs in core/cluster/approval.
"""
