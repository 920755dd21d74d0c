"""What a run did and whether it works: outcomes, health, status.

The order of its steps belongs in flows/cluster.
"""
