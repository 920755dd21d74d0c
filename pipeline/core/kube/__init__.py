"""Knowledge about Kubernetes objects themselves: identity, paths, served APIs, fields, quantities.

Judgement of a change does not belong here: see analysis and rules.
"""
