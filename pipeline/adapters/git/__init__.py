"""Git: trees of a revision, commits, the user's identity.

Which files are committed belongs in flows/commit.
"""
