"""Values that are written differently and mean the same."""

import re

from pipeline.core.change import FieldChange, Op
from pipeline.core.quantity import quantity, seconds

_QUANTITIES = frozenset({"limits", "requests", "capacity", "hard", "storage", "sizeLimit", "memory", "cpu", "podFixed"})
_DURATIONS = frozenset(
    {"interval", "timeout", "duration", "delay", "period", "retention", "ttl", "age", "before", "for"}
)
_LAST_WORD = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)\Z")


def same_meaning(change: FieldChange) -> bool:
    """Whether both values of a changed path are one quantity, or one duration, where the field is of that type."""
    if change.op is not Op.CHANGED:
        return False
    if not _QUANTITIES.isdisjoint(change.path):
        old = quantity(change.old)
        return old is not None and old == quantity(change.new)
    key = next((step for step in reversed(change.path) if isinstance(step, str)), "")
    word = _LAST_WORD.search(key)
    if word and word.group().lower() in _DURATIONS:
        old = seconds(change.old)
        return old is not None and old == seconds(change.new)
    return False
