"""What a rule is, what it receives, and what it returns.

No single rule belongs here: those are in rules/.
"""
