"""Where what can always be made again is kept between runs."""

import os
from pathlib import Path


def folder(name: str) -> Path:
    """Below XDG's cache folder (``$XDG_CACHE_HOME``, by default ``~/.cache``): it need not exist."""
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - never raises
    return Path(root, "pipeline", name)
