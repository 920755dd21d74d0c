"""Values that are written differently and mean the same."""

import re
from functools import lru_cache

from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.quantity import quantity, seconds

_QUANTITIES = frozenset({"limits", "requests", "capacity", "hard", "storage", "sizeLimit", "memory", "cpu", "podFixed"})
_DURATIONS = frozenset(
    {"interval", "timeout", "duration", "delay", "period", "retention", "ttl", "age", "before", "for"}
)
_LONGEST = 64
"""No quantity and no duration has so many characters: what a CRD describes has more."""
_LAST_WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)\Z")


@lru_cache(maxsize=8192)  # a render has few different keys
def _is_duration(key: str) -> bool:
    word = _LAST_WORD.search(key)
    return word is not None and word.group().lower() in _DURATIONS


def same_meaning(change: FieldChange) -> bool:
    """Whether both values of a changed path are one quantity, or one duration, where the field is of that type."""
    if change.op is not Op.CHANGED or (change.old.__class__ is str and len(change.old) > _LONGEST):
        return False
    if not _QUANTITIES.isdisjoint(change.path):
        old = quantity(change.old)
        return old is not None and old == quantity(change.new)
    key = next((step for step in reversed(change.path) if isinstance(step, str)), "")
    if _is_duration(key):
        old = seconds(change.old)
        return old is not None and old == seconds(change.new)
    return False
