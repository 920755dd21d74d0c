"""Compares two values: maps by key, lists by merge key, everything else exactly, including order.

Linear in the size of the values. ``1``, ``true``, ``1.0`` and ``"1"`` differ; an absent field and null differ. No
change means that both are the same JSON: where only the order of a list differs, that is a change as well
(:class:`~pipeline.core.diff.change.Op` ``REORDERED``), and core/diff/noise.py knows which orders have no effect.
"""

from collections import defaultdict, deque
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import orjson

from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.merge_keys import entry_key, merge_key
from pipeline.core.kube.path import MISSING, Path

_SCALARS = frozenset({str, int, float, bool, type(None)})


def canonical(value: Any) -> bytes:
    """Equal values, equal bytes; ``1`` and ``1.0`` and ``true`` differ."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def values_of(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """The changed paths between two values that are no Kubernetes objects."""
    return tuple(changes_at((), before, after))


def changes_at(path: Path, old: Any, new: Any) -> list[FieldChange]:
    """The changed paths between two values, each below ``path``."""
    changes: list[FieldChange] = []
    _value(path, old, new, changes)
    return changes


def _value(path: Path, old: Any, new: Any, changes: list[FieldChange]) -> None:
    """Appends to ``changes``: handing each change up through a generator a level costs half of a comparison's time."""
    kind = old.__class__
    if kind is not new.__class__:
        changes.append(FieldChange(path, Op.CHANGED, old, new))
    elif kind is dict:
        if not identical(old, new):
            _maps(path, old, new, changes)
    elif kind is list:
        if not identical(old, new):
            _lists(path, old, new, changes)
    elif old != new:
        changes.append(FieldChange(path, Op.CHANGED, old, new))


def identical(old: Any, new: Any) -> bool:
    """Whether two branches are equal to the letter: most of a large object is, and is not walked then.

    Python takes 1, 1.0 and true for equal, JSON does not; branches in another order, or of what JSON has no word for,
    are walked.
    """
    if old != new:
        return False
    try:
        return orjson.dumps(old) == orjson.dumps(new)
    except TypeError:
        return False


def _maps(path: Path, old: dict[str, Any], new: dict[str, Any], changes: list[FieldChange]) -> None:
    for key, value in old.items():
        other = new.get(key, MISSING)
        if other is MISSING:
            changes.append(FieldChange((*path, key), Op.REMOVED, old=value))
        elif value is not other:
            kind = value.__class__
            if kind is not other.__class__:
                changes.append(FieldChange((*path, key), Op.CHANGED, value, other))
            elif kind in _SCALARS:
                if value != other:
                    changes.append(FieldChange((*path, key), Op.CHANGED, value, other))
            elif kind is dict and value != other:  # as _value would find: this is the way of nearly all of a CRD
                _maps((*path, key), value, other, changes)
            else:
                _value((*path, key), value, other, changes)
    for key, value in new.items():
        if key not in old:
            changes.append(FieldChange((*path, key), Op.ADDED, new=value))


def _lists(path: Path, old: list[Any], new: list[Any], changes: list[FieldChange]) -> None:
    key = merge_key(str(path[-1]) if path else "", old, new)
    if key is None:
        _plain_lists(path, old, new, changes)
        return
    before = {entry_key(key, entry): entry for entry in old}
    after = {entry_key(key, entry): entry for entry in new}
    for step, entry in before.items():
        if step in after:
            _value((*path, step), entry, after[step], changes)
        else:
            changes.append(FieldChange((*path, step), Op.REMOVED, old=entry))
    for step, entry in after.items():
        if step not in before:
            changes.append(FieldChange((*path, step), Op.ADDED, new=entry))
    if [step for step in before if step in after] != [step for step in after if step in before]:
        changes.append(FieldChange(path, Op.REORDERED, old, new))


def _plain_lists(path: Path, old: list[Any], new: list[Any], changes: list[FieldChange]) -> None:
    """Equal entries are matched wherever they stand; what is left is paired in order, by its place in the new list."""
    texts = [canonical(entry) for entry in new]
    places: defaultdict[bytes, deque[int]] = defaultdict(deque)
    for index, text in enumerate(texts):
        places[text].append(index)
    matched: list[int] = []
    left: list[int] = []
    for index, entry in enumerate(old):
        queue = places.get(canonical(entry))
        if queue:
            matched.append(queue.popleft())
        else:
            left.append(index)
    fresh = sorted(index for queue in places.values() for index in queue)
    if matched != sorted(matched):
        changes.append(FieldChange(path, Op.REORDERED, old, new))
    for removed, added in _couples(old, new, left, fresh):
        if removed is None and added is not None:
            changes.append(FieldChange((*path, added), Op.ADDED, new=new[added]))
        elif added is None and removed is not None:
            changes.append(FieldChange((*path, removed), Op.REMOVED, old=old[removed]))
        elif removed is not None and added is not None:
            _value((*path, added), old[removed], new[added], changes)


def _couples(
    old: list[Any], new: list[Any], left: list[int], fresh: list[int]
) -> Iterator[tuple[int | None, int | None]]:
    """Flags of one name with each other, all else in order; None where nothing is left to pair with."""
    groups: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for index in left:
        groups[_flag(old[index])][0].append(index)
    for index in fresh:
        groups[_flag(new[index])][1].append(index)
    for olds, news in groups.values():
        yield from zip_longest(olds, news)


def _flag(entry: Any) -> str:
    """``--level`` of ``--level=debug``; empty for anything but a flag with a value."""
    return entry.partition("=")[0] if isinstance(entry, str) and entry.startswith("-") else ""
