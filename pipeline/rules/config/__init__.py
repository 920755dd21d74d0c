"""Configuration: values, ConfigMaps, Secrets, labels, annotations, overlays, and references to them.

Fields of a pod's containers belong in rules/workload.
"""
