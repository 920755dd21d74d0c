"""Who may approve a plan, and whether somebody did.

Evidence is gathered in adapters/approvals.
"""
