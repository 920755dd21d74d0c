"""Knowledge about Kubernetes objects themselves: identity, paths, served APIs, fields, quantities.

No opinion on a change belongs here: that is analysis and rules.
"""
