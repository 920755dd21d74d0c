"""What differs between two objects, two lists or two texts, and what only has another name.

Severity and advice do not belong here.
"""
