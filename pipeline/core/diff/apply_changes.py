"""Checks that a comparison is complete: the old value with all reported changes made must equal the new value.

The new value is read for two things only: the position of an added list entry, and the order that a reordering gives.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.diff.embedded_documents import documents
from pipeline.core.diff.value_changes import canonical
from pipeline.core.kube.merge_keys import entry_key
from pipeline.core.kube.path import Entry, Path, Step


class Told(NamedTuple):
    """A change, with what is left of its path below the value at hand."""

    rest: Path
    change: FieldChange


Differ = Callable[[Path, Any, Any], None]
"""Reports every difference between two documents that must be equal, the place they stand at first."""


class _Lists(NamedTuple):
    """Two lists and the changes reported for them: by the first step below, and whether the order changes."""

    path: Path
    old: list[Any]
    new: list[Any]
    below: dict[Step, list[Told]]
    reordered: bool
    differ: Differ


def apply_changes(path: Path, old: Any, new: Any, changes: Iterable[FieldChange], differ: Differ) -> Any:
    """``old`` with the changes that lie below ``path``. Documents in texts are handed to ``differ`` by themselves."""
    return _carry(path, old, new, [Told(change.path[len(path) :], change) for change in changes], differ)


def _carry(path: Path, old: Any, new: Any, told: list[Told], differ: Differ) -> Any:
    whole = [placed.change for placed in told if not placed.rest and placed.change.op is not Op.REORDERED]
    if whole:
        return whole[-1].new
    below = defaultdict[Step, list[Told]](list)
    for one in told:
        if one.rest:
            below[one.rest[0]].append(Told(one.rest[1:], one.change))
    if isinstance(old, dict) and isinstance(new, dict):
        return _map(path, old, new, below, differ)
    if isinstance(old, list) and isinstance(new, list):
        reordered = any(not placed.rest for placed in told)
        carry = _keyed if any(isinstance(step, Entry) for step in below) else _plain
        return carry(_Lists(path, old, new, below, reordered, differ))
    if isinstance(old, str) and isinstance(new, str) and below:
        return _text(path, old, new, told, differ)
    return old


def _map(path: Path, old: dict[str, Any], new: dict[str, Any], below: dict[Step, list[Told]], differ: Differ) -> Any:
    result = {}
    for key, value in old.items():
        told = below.get(key, [])
        if not _is(Op.REMOVED, told):
            result[key] = _carry((*path, key), value, new.get(key), told, differ) if told else value
    for step, told in below.items():
        if isinstance(step, str) and step not in old and _is(Op.ADDED, told):
            result[step] = told[0].change.new
    return result


def _keyed(lists: _Lists) -> list[Any]:
    """Entries by name. Those that stay keep their order, unless another one is told."""
    path, old, new, below, reordered, differ = lists
    key = next(tuple(name for name, _ in step.pairs) for step in below if isinstance(step, Entry))
    others = {entry_key(key, entry): entry for entry in new}
    kept: dict[Entry, Any] = {}
    for entry in old:
        step = entry_key(key, entry)
        told = below.get(step, [])
        if not _is(Op.REMOVED, told):
            kept[step] = _carry((*path, step), entry, others.get(step), told, differ) if told else entry
    result = []
    for step in others:
        if step in kept or (kept and step not in below):
            result.append(kept.pop(step if reordered and step in kept else next(iter(kept))))
        elif _is(Op.ADDED, below.get(step, [])):
            result.append(below[step][0].change.new)
    return [*result, *kept.values()]


def _plain(lists: _Lists) -> list[Any]:
    """Entries by number: of the new list, and of the old one where an entry is reported as removed."""
    path, old, new, below, reordered, differ = lists
    removed = {step for step, told in below.items() if _is(Op.REMOVED, told)}
    at = {
        step: [placed for placed in told if placed.rest or placed.change.op is not Op.REMOVED]
        for step, told in below.items()
    }
    texts = [canonical(entry) for entry in new]
    free = Counter(text for number, text in enumerate(texts) if not at.get(number))
    stays: list[Any] = []
    partners: list[Any] = []
    for number, entry in enumerate(old):
        if number not in removed:
            text = canonical(entry)
            (stays if free[text] > 0 else partners).append(entry)
            free[text] -= 1
    if reordered:
        stays.sort(key=lambda entry: texts.index(canonical(entry)))
    known = Counter(map(canonical, stays))
    result = []
    for number, entry in enumerate(new):
        told = at.get(number, [])
        if _is(Op.ADDED, told):
            result.append(told[0].change.new)
        elif told and partners:
            result.append(_carry((*path, number), partners.pop(0), entry, told, differ))
        elif not told and known[texts[number]] > 0:
            known[texts[number]] -= 1
            result.append(stays.pop(0))
        elif partners:
            result.append(partners.pop(0))
    return [*result, *stays, *partners]


def _text(path: Path, old: str, new: str, told: list[Told], differ: Differ) -> str:
    """A document in a text. What its lines look like is not told, and says nothing."""
    before, after = documents(FieldChange(path, Op.CHANGED, old, new))
    if before is None or after is None:
        return old
    differ(path, _carry(path, before, after, told, differ), after)
    return new


def _is(op: Op, told: list[Told]) -> bool:
    return any(not placed.rest and placed.change.op is op for placed in told)
