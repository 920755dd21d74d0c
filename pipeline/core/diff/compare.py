"""The difference between two renders: objects paired by identity, lists by merge key, everything else exactly.

Linear in the size of the objects. ``1``, ``true``, ``1.0`` and ``"1"`` differ; an absent field and null differ.
"""

from collections import defaultdict, deque
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import orjson

from pipeline.core.diff.change import MISSING, Action, Diff, FieldChange, Op, ResourceChange
from pipeline.core.diff.embedded import opened
from pipeline.core.diff.equivalence import same_meaning
from pipeline.core.diff.noise import noise_of
from pipeline.core.diff.reference_changes import followed, settled
from pipeline.core.diff.rename import Left, paired
from pipeline.core.diff.renamed_fields import unfollowed
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.merge_keys import entry_key, merge_key
from pipeline.core.kube.path import Path, to_text
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId

_SCALARS = frozenset({str, int, float, bool, type(None)})


def compare(before: ManifestSet, after: ManifestSet, elsewhere: Container[ResourceId] = frozenset()) -> Diff:
    """Every object that differs, sorted by identity. Renamed and moved objects are one change, with both sides.

    ``elsewhere`` is what other releases render: what moved there is no object of another name here.
    """
    olds, news = before.by_id(), after.by_id()
    edited: list[ResourceChange] = []
    for rid, resource in olds.items():
        other = news.get(rid)
        if other is not None and resource.body is not other.body:
            fields = fields_of(resource, other)
            if fields:
                edited.append(ResourceChange(rid, Action.CHANGED, resource, other, fields))
    gone = [resource for rid, resource in olds.items() if rid not in news]
    left = Left([one for one in gone if one.id not in elsewhere], [one for rid, one in news.items() if rid not in olds])
    twins = _twins(left, edited, olds)
    edited += twins
    ids = [(twin.before.id, twin.id) for twin in twins if twin.before]
    found = [settled(change, ids) for change in edited] if ids else edited
    found += [ResourceChange(one.id, Action.REMOVED, one, None) for one in left.removed]
    found += [ResourceChange(one.id, Action.REMOVED, one, None) for one in gone if one.id in elsewhere]
    found += [ResourceChange(one.id, Action.ADDED, None, one) for one in left.added]
    return Diff(tuple(sorted(found, key=lambda change: (change.id, change.action))))


def _twins(left: Left, edited: list[ResourceChange], olds: Mapping[ResourceId, Resource]) -> list[ResourceChange]:
    """What has another name or namespace; then what those name now where they named another before."""
    found: list[ResourceChange] = []
    latest = edited
    while left.removed and left.added:
        named = [pair for change in latest for _, pair in followed(change)]
        staying = {pair.old: olds[pair.old] for pair in named if pair.old in olds}
        pairs = list(paired(left, named, staying))
        if not pairs:
            break
        latest = [ResourceChange(new.id, action, old, new, fields_of(old, new)) for old, new, action in pairs]
        found += [replace(twin, fields=unfollowed(twin, fields_of)) for twin in latest]
    return found


def fields_of(before: Resource, after: Resource) -> tuple[FieldChange, ...]:
    """The changed paths between two objects, sorted; a subtree that comes or goes whole is one change."""
    changes = _Comparison(before, after).changes()
    return tuple(sorted(changes, key=lambda change: (to_text(change.path), change.op)))


def values_of(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """The changed paths between two values that are no Kubernetes objects."""
    return tuple(_values((), before, after))


def canonical(value: Any) -> bytes:
    """Equal values, equal bytes; ``1`` and ``1.0`` and ``true`` differ."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


class _Comparison:
    """One pair of objects. Defaults that the API server fills are the same as given ones."""

    def __init__(self, before: Resource, after: Resource) -> None:
        self._before, self._after = before, after

    def changes(self) -> Iterator[FieldChange]:
        for change in self._opened():
            if same_meaning(change) and _typed(change):
                continue
            noise = change.noise or noise_of(change, self._after)
            yield FieldChange(change.path, change.op, change.old, change.new, noise) if noise else change

    def _opened(self) -> Iterator[FieldChange]:
        """With the documents inside a ConfigMap's texts and inside annotations (a pod template's too) taken apart."""
        for change in _values((), normal(self._before), normal(self._after)):
            if change.path[:1] == ("data",) or change.path[-3:-1] == ("metadata", "annotations"):
                yield from opened(change, _values)
            else:
                yield change


def _typed(change: FieldChange) -> bool:
    """Whether a name says what the field holds: in files and annotations ``1000m`` is what their reader makes of it."""
    return change.path[:1] != ("data",) and "annotations" not in change.path


def _values(path: Path, old: Any, new: Any) -> list[FieldChange]:
    found: list[FieldChange] = []
    _value(path, old, new, found)
    return found


def _value(path: Path, old: Any, new: Any, found: list[FieldChange]) -> None:
    """Appends to ``found``: handing each change up through a generator a level costs half of a comparison's time."""
    kind = old.__class__
    if kind is not new.__class__:
        found.append(FieldChange(path, Op.CHANGED, old, new))
    elif kind is dict:
        if not _same(old, new):
            _maps(path, old, new, found)
    elif kind is list:
        if not _same(old, new):
            _lists(path, old, new, found)
    elif old != new:
        found.append(FieldChange(path, Op.CHANGED, old, new))


def _same(old: Any, new: Any) -> bool:
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


def _maps(path: Path, old: dict[str, Any], new: dict[str, Any], found: list[FieldChange]) -> None:
    for key, value in old.items():
        other = new.get(key, MISSING)
        if other is MISSING:
            found.append(FieldChange((*path, key), Op.REMOVED, old=value))
        elif value is not other:
            kind = value.__class__
            if kind is not other.__class__:
                found.append(FieldChange((*path, key), Op.CHANGED, value, other))
            elif kind in _SCALARS:
                if value != other:
                    found.append(FieldChange((*path, key), Op.CHANGED, value, other))
            elif kind is dict and value != other:  # as _value would find: this is the way of nearly all of a CRD
                _maps((*path, key), value, other, found)
            else:
                _value((*path, key), value, other, found)
    for key, value in new.items():
        if key not in old:
            found.append(FieldChange((*path, key), Op.ADDED, new=value))


def _lists(path: Path, old: list[Any], new: list[Any], found: list[FieldChange]) -> None:
    key = merge_key(str(path[-1]) if path else "", old, new)
    if key is None:
        _plain_lists(path, old, new, found)
        return
    before = {entry_key(key, entry): entry for entry in old}
    after = {entry_key(key, entry): entry for entry in new}
    for step, entry in before.items():
        if step in after:
            _value((*path, step), entry, after[step], found)
        else:
            found.append(FieldChange((*path, step), Op.REMOVED, old=entry))
    for step, entry in after.items():
        if step not in before:
            found.append(FieldChange((*path, step), Op.ADDED, new=entry))


def _plain_lists(path: Path, old: list[Any], new: list[Any], found: list[FieldChange]) -> None:
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
    if not left and not fresh:
        if matched != sorted(matched):
            found.append(FieldChange(path, Op.REORDERED, old, new))
        return
    for gone, came in _couples(old, new, left, fresh):
        if gone is None and came is not None:
            found.append(FieldChange((*path, came), Op.ADDED, new=new[came]))
        elif came is None and gone is not None:
            found.append(FieldChange((*path, gone), Op.REMOVED, old=old[gone]))
        elif gone is not None and came is not None:
            _value((*path, came), old[gone], new[came], found)


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
    """``--level`` of ``--level=debug``; empty for what is no flag with a value."""
    return entry.partition("=")[0] if isinstance(entry, str) and entry.startswith("-") else ""
