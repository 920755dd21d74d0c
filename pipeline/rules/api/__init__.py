"""API versions, kinds and fields of built-in objects: what a cluster no longer serves, drops or refuses.

Custom resources and their definitions belong in rules/crd.
"""
