"""The steps of each verb, in order, over core and Protocols that adapters fulfil.

No file, process, network or output belongs here.
"""
