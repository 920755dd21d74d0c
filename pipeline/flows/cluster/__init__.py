"""The steps of the cluster verbs: plan, apply, wait, prune, drift.

How a request is sent belongs in adapters/kube; what an answer means, in core/cluster/api.
"""
