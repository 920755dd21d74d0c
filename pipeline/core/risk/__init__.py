"""What a rule is, what it gets, and what it says.

No single rule belongs here: those are in rules/.
"""
