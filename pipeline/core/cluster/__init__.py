"""What is needed to apply a tree to a cluster, decided without contacting it.

Requests are made in flows/cluster through adapters/kube.
"""
