"""Access to the outside world: Helm, Git, the disk, the network, a cluster. One folder per outside system.

No decision belongs here that can be made from values, and nothing of flows is imported.
"""
