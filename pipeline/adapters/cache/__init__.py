"""Data kept between runs in the user's cache folder.

Nothing that cannot be made again belongs here.
"""
