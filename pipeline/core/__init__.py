"""Pure functions on plain data, in folders by subject. Nothing here reads, writes or waits.

No file, network, clock, environment or random number belongs here.
"""
