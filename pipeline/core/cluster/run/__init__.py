"""What a run did and whether it is healthy: outcomes, health, status.

The order of its steps belongs in flows/cluster.
"""
