"""A cluster's API server, its credentials, and the journal of a run.

What is asked of it belongs in flows/cluster.
"""
