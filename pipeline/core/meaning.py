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
    keys = [step for step in change.path if isinstance(step, str)]
    if _QUANTITIES.intersection(keys):
        old = quantity(change.old)
        return old is not None and old == quantity(change.new)
    word = _LAST_WORD.search(keys[-1]) if keys else None
    if word and word.group().lower() in _DURATIONS:
        old = seconds(change.old)
        return old is not None and old == seconds(change.new)
    return False
