"""What is done with a cluster: plan, apply, wait, prune, drift.

How a request is sent belongs in adapters/kube; what an answer means, in core/cluster/api.
"""
