"""Workloads: containers, probes, resources, volumes, rollouts.

Images, placement and security settings have categories of their own.
"""
