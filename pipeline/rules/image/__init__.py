"""Images: their registries, versions, digests, and how they are pulled.

Everything else of a container belongs in rules/workload.
"""
