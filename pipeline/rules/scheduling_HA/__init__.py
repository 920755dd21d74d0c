"""Where pods may run, how many, and how many may be missing: placement, scaling, disruption.

How a rollout goes belongs in rules/workload.
"""
