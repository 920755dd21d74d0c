"""What differs between two objects, two lists, two texts; what is the same under another name.

Severity and advice do not belong here.
"""
