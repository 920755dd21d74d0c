"""Data kept between runs in the user's cache folder.

Only data that can be computed again belongs here.
"""
