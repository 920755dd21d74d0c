"""Helm hooks: when they run, what they delete, what they need.

What a hook's pod does belongs in rules/workload.
"""
