"""What varies from render to render: values that a chart makes from random numbers, the clock, or the order of a map.

Two renders with stand-ins (core/render/stand_ins.py) tell which: where they differ. Where a chart cannot be rendered
with stand-ins, two renders as they come have to do.

Such a path is called volatile. Its value says nothing about the chart: two sides are compared without it, and
``pipeline render`` may keep what is committed. Of a text of several lines, only what differs in a line is volatile.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.diff.change import Op
from pipeline.core.diff.value_changes import canonical, values_of
from pipeline.core.kube.marks import BY_CHANCE
from pipeline.core.kube.path import MISSING, Path, get, put
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.kube.secrets import base64_text
from pipeline.core.render.stand_ins import is_stand_in

MARK = BY_CHANCE
_PEM = "-----BEGIN "
_RANDOM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.$")


@dataclass(frozen=True, slots=True)
class Volatile:
    """One volatile path of an object: ``first`` is its value, ``one`` and ``other`` those of two renders to compare.

    ``encoded`` says that they are the texts of what is base64, as in a Secret's ``data``. ``by_stand_ins`` says that
    ``one`` and ``other`` are renders with stand-ins; two ordinary renders may happen to share characters.
    """

    id: ResourceId
    path: Path
    first: Any = field(default=MISSING, hash=False)
    one: Any = field(default=MISSING, hash=False)
    other: Any = field(default=MISSING, hash=False)
    encoded: bool = False
    by_stand_ins: bool = True

    @property
    def shown(self) -> Any:
        """The first value with a mark in place of what is volatile, of the same type."""
        if isinstance(self.first, str):
            return "\n".join(f"{a}{MARK}{b}" if b is not None else a for a, b in _lines(self))
        if isinstance(self.first, list):
            return sorted(self.first, key=canonical)
        return type(self.first)() if isinstance(self.first, bool | int | float) else self.first

    @property
    def whole(self) -> bool:
        """Whether nothing of the value is any fact."""
        return not isinstance(self.first, str) or self.shown == MARK

    @property
    def is_name(self) -> bool:
        """Whether it is the object's own name."""
        return self.path == ("metadata", "name")

    @property
    def is_key(self) -> bool:
        """Whether it is (part of) a certificate or its key: those of one render belong together."""
        return any(isinstance(text, str) and _PEM in base64_text(text) for text in (self.first, self.one))


def volatile(
    first: ManifestSet, one: ManifestSet, other: ManifestSet, *, by_stand_ins: bool = True
) -> tuple[Volatile, ...]:
    """Each path of ``first`` in which ``one`` and ``other`` differ, in the order of objects and paths.

    An object's name is such a path too: an object that has another name in each is the same one in all.
    """
    twins, thirds = _twins(first, one), _twins(one, other)
    varying = [
        volatile
        for resource in first.resources
        if (twin := twins.get(resource.id)) is not None and (third := thirds.get(twin.id)) is not None
        for volatile in _of(resource, twin, third, by_stand_ins=by_stand_ins)
    ]
    return tuple(sorted(dict.fromkeys(varying), key=lambda volatile: (volatile.id, list(map(str, volatile.path)))))


def marked(manifests: ManifestSet, varying: tuple[Volatile, ...]) -> ManifestSet:
    """With marks in place of what is volatile, so that two sides differ in facts alone."""
    by_id: dict[ResourceId, list[Volatile]] = {}
    for varied in varying:
        by_id.setdefault(varied.id, []).append(varied)
    resources = tuple(
        r.with_body(
            put(
                r.body,
                {
                    twin.path: MARK if r.kind == "Secret" and twin.path[0] != "metadata" else twin.shown
                    for twin in by_id[r.id]
                },
            )
        )
        if r.id in by_id
        else r
        for r in manifests.resources
    )
    return ManifestSet(resources, manifests.duplicates)


def kept(varied: Volatile, committed: Any) -> Any:
    """What to write at a volatile path so that it is as committed; MISSING where the committed value does not fit.

    In a text, what is a fact must stand there as the new render has it. Of a list, the order may be another; of a map,
    the keys that vary.
    """
    if isinstance(varied.first, list):
        return committed if isinstance(committed, list) and _entries(committed) == _entries(varied.first) else MISSING
    if isinstance(varied.first, dict):
        return committed if isinstance(committed, dict) and _fits(committed, varied) else MISSING
    if not isinstance(committed, str | int | float):
        return MISSING
    if varied.whole or not isinstance(varied.first, str):
        return committed  # what is random may be read as a number in one render and as a text in another
    if not isinstance(committed, str):
        return MISSING
    lines = (base64_text(committed) if varied.encoded else committed).split("\n")
    pieces = list(_lines(varied))
    settled = [
        _line(piece, [lines[n]] if len(lines) == len(pieces) and _describes(piece, lines[n]) else lines)
        for n, piece in enumerate(pieces)
    ]
    if None in settled:
        return MISSING
    text = "\n".join(str(line) for line in settled)
    return base64.b64encode(text.encode()).decode() if varied.encoded else text


def unnamed(resource: Resource) -> dict[str, Any]:
    """The body without its metadata."""
    return {key: value for key, value in resource.body.items() if key != "metadata"}


def _entries(entries: list[Any]) -> list[bytes]:
    return sorted(map(canonical, entries))


def _fits(committed: dict[str, Any], varied: Volatile) -> bool:
    """Whether it differs from the new map in nothing but keys that vary."""
    if not isinstance(varied.one, dict) or not isinstance(varied.other, dict) or len(committed) != len(varied.first):
        return False
    facts = varied.one.keys() & varied.other.keys() & varied.first.keys()
    return all(key in committed and canonical(committed[key]) == canonical(varied.first[key]) for key in facts)


def _twins(ours: ManifestSet, theirs: ManifestSet) -> dict[ResourceId, Resource]:
    """Which object of another render each is: by identity, else one of its template, best the same but for the name."""
    others, ids = theirs.by_id(), ours.by_id()
    twins = {rid: others[rid] for rid in ids if rid in others}
    strays = [resource for resource in theirs.resources if resource.id not in ids]
    for resource in ours.resources:
        if resource.id in twins:
            continue
        fitting = [stray for stray in strays if _same_origin(resource, stray)]
        if fitting:
            same = (stray for stray in fitting if unnamed(stray) == unnamed(resource))
            twins[resource.id] = next(same, fitting[0])
            strays.remove(twins[resource.id])
    return twins


def _of(first: Resource, resource: Resource, other: Resource, *, by_stand_ins: bool) -> Iterator[Volatile]:
    changes = values_of(resource.body, other.body)
    gone = {change.path[:-1] for change in changes if change.op is Op.REMOVED}
    come = {change.path[:-1] for change in changes if change.op is Op.ADDED}
    for change in changes:
        path = change.path
        if path[:-1] in gone & come and change.op in (Op.ADDED, Op.REMOVED):
            path = path[:-1]  # a key, or a list's entry, that has another name each time
        elif change.op is Op.ADDED:
            continue
        values = (get(first.body, path), get(resource.body, path), get(other.body, path))
        if values[0] is MISSING or not path:
            continue
        texts = values
        if first.kind == "Secret" and path[0] == "data" and all(isinstance(value, str) for value in values):
            texts = (base64_text(values[0]), base64_text(values[1]), base64_text(values[2]))
        yield Volatile(first.id, path, *texts, texts != values, by_stand_ins)


def _same_origin(resource: Resource, other: Resource) -> bool:
    return (resource.id.group, resource.id.kind, resource.id.namespace, resource.source) == (
        other.id.group,
        other.id.kind,
        other.id.namespace,
        other.source,
    )


def _lines(volatile: Volatile) -> Iterator[tuple[str, str | None]]:
    """Each line of the value: what comes before and after its volatile part, or ``(line, None)`` where it has none."""
    texts = (volatile.first, volatile.one, volatile.other)
    if any(not isinstance(text, str) or _PEM in text for text in texts):
        yield "", ""
        return
    ours, one, other = (text.split("\n") for text in texts)
    if not len(ours) == len(one) == len(other):
        yield "", ""
        return
    for line, a, b in zip(ours, one, other, strict=True):
        if a == b:
            yield line, None
            continue
        start, end = _around(a, b, exact=volatile.by_stand_ins)
        fits = line.startswith(start) and line.endswith(end) and len(line) >= len(start) + len(end)
        yield (start, end) if fits else ("", "")


def _around(a: str, b: str, *, exact: bool) -> tuple[str, str]:
    """The common start and end, up to where a word that is made at random may begin.

    ``exact`` says that both are made by stand-ins: where nothing encoded them, no character is equal by accident.
    """
    start = _alike(a, b)
    end = min(_alike(a[::-1], b[::-1]), len(a) - start, len(b) - start)
    exact = exact and is_stand_in(a[start : len(a) - end], 1) and is_stand_in(b[start : len(b) - end], 2)
    while not exact and start and a[start - 1] in _RANDOM:
        start -= 1
    end = min(_alike(a[::-1], b[::-1]), len(a) - start, len(b) - start)
    while not exact and end and a[len(a) - end] in _RANDOM:
        end -= 1
    return a[:start], a[len(a) - end :] if end else ""


def _alike(a: str, b: str) -> int:
    """How many characters at the start are the same."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _line(piece: tuple[str, str | None], committed: list[str]) -> str | None:
    """The one committed line that a piece describes; None where there is none, or more than one."""
    if piece[1] is None:
        return piece[0]
    fitting = [line for line in committed if _describes(piece, line)]
    return fitting[0] if len(fitting) == 1 else None


def _describes(piece: tuple[str, str | None], line: str) -> bool:
    start, end = piece
    if end is None:
        return line == start
    return line.startswith(start) and line.endswith(end) and len(line) >= len(start) + len(end)
