"""The steps of each verb, in order, using core and the ports that adapters implement.

No file, process, network or output belongs here.
"""
