"""Which values are secret, and every form in which one may appear.

No output is written here: callers pass text through it.
"""
