"""Makes vendor, render and commit all or nothing, even over a kill or a power cut: lock, record, recovery.

What is written belongs in adapters/disk.py and adapters/git/commit.py.
"""
