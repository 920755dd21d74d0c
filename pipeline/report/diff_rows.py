"""A changed object as lines of a ``diff`` block, for the comment, the summary and the Markdown file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from msgspec import UNSET

from pipeline.core.judge.report_document import ChangeEntry, FieldEntry
from pipeline.core.words import left_over
from pipeline.report import plain
from pipeline.report.text_rows import by_line, rows, shortened_rows


@dataclass(frozen=True, slots=True)
class Room:
    """At most so many paths of an object, lines of a text, characters of a line and of a value."""

    paths: int = 40
    lines: int = 40
    line: int = 120
    value: int = 120


def release_rows(changes: Sequence[ChangeEntry], folded: int, room: Room) -> list[str]:
    """All of a release; ``folded`` objects more differ in nothing that matters."""
    found = [row for change in changes for row in _object(change, room)]
    return found + ([f"# {plain.folded_text(folded)}"] if folded else [])


def _object(change: ChangeEntry, room: Room) -> Iterator[str]:
    mark = {"added": "+", "removed": "-"}.get(change.action, "#")
    unexplained = len(change.unaccounted)
    note = f"  ({unexplained} unexplained)" if unexplained else ""
    was = f" (was {plain.resource(change.old_resource)})" if change.old_resource else ""
    yield f"{mark} {change.action} {plain.resource(change.resource)}{was}{note}"
    real = change.telling
    for field in real[: room.paths]:
        name = plain.path(field.path)
        if by_line(field):
            yield from _text(name, field, room)
            continue
        yield from _values(name, field, room.value)
    if rest := left_over(len(real) - room.paths, "path"):
        yield f"#   {rest}"


def _values(name: str, field: FieldEntry, longest: int) -> Iterator[str]:
    if field.old is not UNSET and field.new is not UNSET:
        old, new = plain.values(field.old, field.new, longest)
        yield from (f"-   {name}: {old}", f"+   {name}: {new}")
    elif field.old is not UNSET:
        yield f"-   {name}: {plain.value(field.old, longest)}"
    elif field.new is not UNSET:
        yield f"+   {name}: {plain.value(field.new, longest)}"


def _text(name: str, field: FieldEntry, room: Room) -> Iterator[str]:
    """Which lines of a text differ, with their numbers."""
    yield f"#   {name}"
    shown, hidden = rows(field, room.lines, around=1)
    yield from (f"{row.mark}   {row.number:>4} {text}" for row, text in shortened_rows(shown, room.line))
    if hidden:
        yield f"#   {left_over(hidden, 'line')}"
