"""Charts as bytes: archives, folders, how a vendored chart is packed again.

Where they come from belongs in adapters/fetch.
"""
