"""What is owned by us in a cluster: the inventory, ownership marks, the Lease, the journal.

What to change there belongs in plan/.
"""
