"""How many renders run at the same time."""

import os


def worker_count() -> int:
    """One for each core this process may use: a render keeps a core busy from start to end."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)
