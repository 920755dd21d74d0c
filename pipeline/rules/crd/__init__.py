"""CustomResourceDefinitions, and custom resources that a new definition refuses, drops or changes.

Fields of a CRD that never change belong in rules/immutable.
"""
