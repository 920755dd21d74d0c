"""Where two renders of the same input differ: values that a chart makes from random numbers or the clock.

Such a path is called volatile. Its value says nothing about the chart: two sides are compared without it, and
``pipeline render`` may keep what is committed. Of a text of several lines, only what differs in a line is volatile.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from pipeline.core.diff.change import Op
from pipeline.core.diff.value_changes import canonical, values_of
from pipeline.core.kube.marks import BY_CHANCE
from pipeline.core.kube.path import MISSING, Path, put
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.kube.secrets import base64_text

MARK = BY_CHANCE
_PEM = "-----BEGIN "
_RANDOM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.$")


@dataclass(frozen=True, slots=True)
class Volatile:
    """One volatile path of an object, as two renders have it; MISSING where one has nothing there."""

    id: ResourceId
    path: Path
    first: Any = field(default=MISSING, hash=False)
    second: Any = field(default=MISSING, hash=False)
    encoded: bool = False
    """Whether both are base64 of a text, as in a Secret's ``data``; ``first`` and ``second`` are then that text."""

    @property
    def shown(self) -> Any:
        """The first value with a mark in place of what is volatile, of the same type."""
        if isinstance(self.first, str) and isinstance(self.second, str):
            return "\n".join(f"{a}{MARK}{b}" if b is not None else a for a, b in _lines(self.first, self.second))
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
        return any(isinstance(one, str) and _PEM in base64_text(one) for one in (self.first, self.second))


def volatile(first: ManifestSet, second: ManifestSet) -> tuple[Volatile, ...]:
    """Each path that differs, in the order of objects and paths; a name that does is the path of the name."""
    others = second.by_id()
    found = [one for r in first.resources if r.id in others for one in _of(r, others[r.id])]
    mine = first.by_id()
    strays = [resource for resource in second.resources if resource.id not in mine]
    for resource in first.resources:
        if resource.id not in others:
            twin = next((s for s in strays if _same_origin(resource, s)), None)
            if twin is not None:
                strays.remove(twin)
                found += _of(resource, twin)
    return tuple(sorted(found, key=lambda one: (one.id, list(map(str, one.path)))))


def marked(manifests: ManifestSet, found: tuple[Volatile, ...]) -> ManifestSet:
    """With marks in place of what is volatile, so that two sides differ in facts alone."""
    by_id: dict[ResourceId, list[Volatile]] = {}
    for one in found:
        by_id.setdefault(one.id, []).append(one)
    resources = tuple(
        r.with_body(
            put(
                r.body,
                {
                    one.path: MARK if r.kind == "Secret" and one.path[0] != "metadata" else one.shown
                    for one in by_id[r.id]
                },
            )
        )
        if r.id in by_id
        else r
        for r in manifests.resources
    )
    return ManifestSet(resources, manifests.duplicates)


def kept(one: Volatile, committed: Any) -> Any:
    """What to write at a volatile path so that it is as committed; MISSING where the committed value does not fit.

    In a text, what is a fact must stand there as the new render has it.
    """
    if type(committed) is not type(one.first) or isinstance(committed, list | dict):
        return MISSING
    if not isinstance(committed, str) or not isinstance(one.second, str):
        return committed
    if one.whole:
        return committed
    lines = (base64_text(committed) if one.encoded else committed).split("\n")
    found = [_line(piece, lines) for piece in _lines(one.first, one.second)]
    if None in found:
        return MISSING
    text = "\n".join(str(line) for line in found)
    return base64.b64encode(text.encode()).decode() if one.encoded else text


def _of(first: Resource, second: Resource) -> Iterator[Volatile]:
    for change in values_of(first.body, second.body):
        if change.op is not Op.ADDED:
            texts = (change.old, change.new)
            if first.kind == "Secret" and change.path[0] == "data" and all(isinstance(text, str) for text in texts):
                texts = (base64_text(change.old), base64_text(change.new))
            encoded = texts != (change.old, change.new)
            yield Volatile(first.id, change.path, *texts, encoded)


def _same_origin(one: Resource, other: Resource) -> bool:
    return (one.id.group, one.id.kind, one.id.namespace, one.source) == (
        other.id.group,
        other.id.kind,
        other.id.namespace,
        other.source,
    )


def _lines(first: str, second: str) -> Iterator[tuple[str, str | None]]:
    """Each line of ``first``: what comes before and after its volatile part, or ``(line, None)`` where it has none."""
    one, other = first.split("\n"), second.split("\n")
    if len(one) != len(other) or _PEM in first or _PEM in second:
        yield "", ""
        return
    for a, b in zip_longest(one, other):
        yield (a, None) if a == b else _around(a, b)


def _around(a: str, b: str) -> tuple[str, str]:
    """The common start and end, up to where a word that is made at random may begin."""
    start = _alike(a, b)
    while start and a[start - 1] in _RANDOM:
        start -= 1
    end = min(_alike(a[::-1], b[::-1]), len(a) - start, len(b) - start)
    while end and a[len(a) - end] in _RANDOM:
        end -= 1
    return a[:start], a[len(a) - end :] if end else ""


def _alike(a: str, b: str) -> int:
    """How many characters at the start are the same."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _line(piece: tuple[str, str | None], committed: list[str]) -> str | None:
    """The one committed line that a piece describes; None where there is none, or more than one."""
    start, end = piece
    if end is None:
        return start
    fitting = [c for c in committed if c.startswith(start) and c.endswith(end) and len(c) >= len(start) + len(end)]
    return fitting[0] if len(fitting) == 1 else None
