"""A changed object as the lines of a diff: a path, and below it what was there and what is there now.

Each format paints the same lines: the terminal, the Markdown views, and the page, which sets them side by side.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

import orjson
from msgspec import UNSET

from pipeline.core.judge.report_document import ChangeEntry, FieldEntry, ReportPath
from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.words import left_over
from pipeline.report import plain
from pipeline.report.safe_text import safe
from pipeline.report.text_rows import by_line, rows


class DiffLine(NamedTuple):
    """``mark`` is ``-``, ``+`` or a space; ``#`` is a path or a note. ``number`` is of a text's line, else 0.

    ``pair`` counts from 1 and is equal for a removed line and the one that took its place; 0: there is none.
    """

    mark: str
    text: str
    number: int = 0
    pair: int = 0


class LineRoom(NamedTuple):
    """At most so many lines of one value, and lines around a change in a text; a long line stays whole."""

    lines: int = 40
    around: int = 1


_ROOM = LineRoom()
_WHOSE = {"values": "(our values)", "overlay": "(our overlay)"}
"""Whose change it is, where it is not the chart's."""


def object_lines(change: ChangeEntry, room: LineRoom = _ROOM) -> list[DiffLine]:
    """Everything that differs in an object but what is noise. Texts are safe to print and on one line each."""
    fields = sorted(change.telling, key=_order)
    lines: list[DiffLine] = []
    if change.resource.kind == CRD_KIND:
        from pipeline.report.crd_lines import crd_lines  # noqa: PLC0415 - 40 ms that an unchanged tree does without

        told, fields = crd_lines(fields)
        lines += [DiffLine(mark, plain.line(text)) for mark, text in told]
    if whose := _WHOSE.get(change.origin if change.origin is not UNSET else "", ""):
        lines.append(DiffLine("#", whose))
    parent: ReportPath = ()
    last = ""
    for field in fields:
        above = field.path if by_line(field) else _split(field.path)[0]
        whose = _WHOSE.get(field.origin, "")
        if (above and above != parent) or whose != last:
            place = plain.path(above) if above else ""
            other = "(the chart)" if field.origin == "chart" else "(not known whose)"
            lines.append(DiffLine("#", f"{place} {whose}".strip() or other))
        parent, last = above, whose
        lines += _text(field, room, len(lines)) if by_line(field) else _field(field, room, len(lines))
    return lines


def _order(field: FieldEntry) -> tuple[list[tuple[bool, int, str]], bool]:
    """By path, the tenth entry of a list behind the second; what is gone before what came in its place."""
    steps = [(True, step, "") if isinstance(step, int) else (False, 0, _said(step)) for step in field.path]
    return steps, field.op != "removed"


def _said(step: Any) -> str:
    return step if isinstance(step, str) else plain.path((step,))


def _split(path: ReportPath) -> tuple[ReportPath, ReportPath]:
    """The path of the map that holds the change, and the rest: a key, with list entries below it."""
    at = len(path) - 1
    while at > 0 and not isinstance(path[at], str):
        at -= 1
    return (path[:at], path[at:]) if at > 0 else ((), path)


def _key(rest: ReportPath) -> str:
    """A key as YAML has it; with the list entries below it, as a path."""
    key = rest[0] if len(rest) == 1 else None
    return plain.line(key) if isinstance(key, str) else plain.path(rest) or "(the whole object)"


def _field(field: FieldEntry, room: LineRoom, pair: int) -> Iterator[DiffLine]:
    name = _key(_split(field.path)[1])
    if field.op == "reordered":
        name = f"{name} (order)"
    simple = not any(_is_tree(side) for side in (field.old, field.new))
    old, new = field.old, field.new
    if simple and old is not UNSET and new is not UNSET:
        before, after = _told_apart(old, new)
        yield DiffLine("-", f"{name}: {before}", pair=pair + 1)
        yield DiffLine("+", f"{name}: {after}", pair=pair + 1)
        return
    for mark, value in (("-", old), ("+", new)):
        if value is not UNSET:
            yield from _value(mark, name, value, room)


def _told_apart(old: Any, new: Any) -> tuple[str, str]:
    """Two scalars; what differs in its type or in blanks alone is written as JSON."""
    before, after = plain.whole(old), plain.whole(new)
    if before == after:
        before, after = (safe(orjson.dumps(side).decode()) for side in (old, new))
    return before, after


def _is_tree(value: Any) -> bool:
    return (isinstance(value, dict | list) and bool(value)) or (isinstance(value, str) and "\n" in value.rstrip())


def _value(mark: str, name: str, value: Any, room: LineRoom) -> Iterator[DiffLine]:
    """A value as YAML below its name; a scalar behind it."""
    if not _is_tree(value):
        yield DiffLine(mark, f"{name}: {plain.whole(value)}")
        return
    from pipeline.core.yaml.writer import dump  # noqa: PLC0415 - 10 ms that an unchanged tree does without

    text = value if isinstance(value, str) else dump(value)
    lines = text.rstrip("\n").split("\n")
    yield DiffLine(mark, f"{name}: |" if isinstance(value, str) else f"{name}:")
    yield from (DiffLine(mark, f"  {plain.indented(line)}") for line in lines[: room.lines])
    if rest := left_over(len(lines) - room.lines, "line"):
        yield DiffLine("#", f"  {rest}")


def _text(field: FieldEntry, room: LineRoom, pairs: int) -> Iterator[DiffLine]:
    """Which lines of a text differ, with their numbers."""
    shown, hidden = rows(field, room.lines, room.around)
    for _, block in groupby(shown, key=lambda row: row.mark == " "):
        marks: dict[str, int] = {}
        for row in block:
            marks[row.mark] = marks.get(row.mark, 0) + 1
            pair = 0 if row.mark == " " else pairs + marks[row.mark]
            yield DiffLine(row.mark, f"  {plain.indented(row.text)}", row.number, pair)
        pairs += max(marks.values(), default=0)
    if hidden:
        yield DiffLine("#", f"  {left_over(hidden, 'line')}")
