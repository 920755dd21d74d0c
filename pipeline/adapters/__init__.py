"""Access to the outside world: Helm, Git, the disk, the network, a cluster. One folder per outside system.

Decisions that need only plain data belong in core, and nothing from flows is imported.
"""
