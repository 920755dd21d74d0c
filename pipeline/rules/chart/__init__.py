"""The chart itself: its version, metadata, integrity and the Kubernetes versions that it takes.

What its values change belongs in rules/config.
"""
