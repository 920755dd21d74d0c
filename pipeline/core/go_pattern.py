"""Patterns of charts and CRDs, in the dialect of Go, which is RE2's. No pattern can make RE2 slow."""

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The pattern, which has ``search``; None for one that Go refuses."""
    import re2  # noqa: PLC0415 - few upgrades have custom resources or values to validate

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None
