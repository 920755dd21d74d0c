"""Values in, values out, in rooms by subject.

No file, network, clock, environment or random number belongs here.
"""
