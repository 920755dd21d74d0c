"""Who may approve a plan, and whether it is approved.

Evidence is gathered in adapters/approvals.
"""
