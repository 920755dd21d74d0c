"""What a rule is, what it receives, and what it returns.

Single rules belong in rules/.
"""
