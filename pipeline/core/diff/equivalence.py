"""Values that are written differently and mean the same.

Of a built-in kind the field's type decides (core/kube/fields.py): the API server stores a quantity in one form, so that
two spellings are one value. Of a custom resource only the field's name hints at it: such a change is kept as
noise, with its reason.
"""

import re
from functools import lru_cache

from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.fields import bounds, code_at
from pipeline.core.kube.quantity import quantity, seconds
from pipeline.core.kube.resource import CRD_KIND, Resource

_QUANTITIES = frozenset({"limits", "requests", "capacity", "hard", "storage", "sizeLimit", "memory", "cpu", "podFixed"})
QUANTITY_FIELDS = frozenset(
    """allocatable allocatedResources allocationMultiplier available averageValue capacity capacityMultiplier consumed
    consumedCapacity currentAverageValue currentValue default defaultRequest deviceMultiplier divisor hard limits max
    maxLimitRequestRatio maximumVolumeSize min overhead perContainer perPod podFixed quantity requests resources
    sizeLimit step targetAverageValue targetValue tolerance total used validValues value""".split()  # noqa: SIM905 - shorter
)
"""The names of all fields of built-in kinds that hold quantities: a test holds them against the table of fields."""
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


def same_to_the_server(change: FieldChange, resource: Resource) -> bool:
    """Whether the API server stores both values as one: quantities, in the fields of built-in kinds of that type."""
    if change.op is not Op.CHANGED or not _short(change):
        return False
    if QUANTITY_FIELDS.isdisjoint(change.path):  # most changes end here: what follows takes longer
        return False
    old = quantity(change.old)
    if old is None or old != quantity(change.new):
        return False
    return code_at(resource.api_version, resource.kind, change.path, bounds()[1])[:1] == "q"


def written_otherwise(change: FieldChange, resource: Resource) -> str:
    """Why two texts of a custom resource probably mean the same; empty where nothing says so."""
    if change.op is not Op.CHANGED or type(change.old) is not type(change.new) or not isinstance(change.old, str):
        return ""
    if resource.kind == CRD_KIND or "annotations" in change.path or not same_meaning(change):
        return ""
    known = code_at(resource.api_version, resource.kind, change.path, bounds()[1])
    return "" if known else "the same quantity or duration, written otherwise"


def same_meaning(change: FieldChange) -> bool:
    """Whether both values are one quantity, or one duration, if the field's name tells its type."""
    if change.op is not Op.CHANGED or not _short(change):
        return False
    if not _QUANTITIES.isdisjoint(change.path):
        old = quantity(change.old)
        return old is not None and old == quantity(change.new)
    key = next((step for step in reversed(change.path) if isinstance(step, str)), "")
    if _is_duration(key):
        old = seconds(change.old)
        return old is not None and old == seconds(change.new)
    return False


def _short(change: FieldChange) -> bool:
    return not (change.old.__class__ is str and len(change.old) > _LONGEST)
