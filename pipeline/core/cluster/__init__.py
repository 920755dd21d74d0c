"""What it takes to apply a tree to a cluster, decided without asking one.

Requests are made in flows/cluster through adapters/kube.
"""
