"""What is ours in a cluster: the inventory, ownership marks, the lease, the journal.

What to change there belongs in plan/.
"""
