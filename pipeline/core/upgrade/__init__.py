"""Which versions a release could move to, and which of them is asked for.

How a version is fetched, rendered and judged does not belong here: flows/ does that with the other rooms.
"""
