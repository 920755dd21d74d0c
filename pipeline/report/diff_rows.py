"""Changed objects as lines of a ``diff`` block, for the comment, the summary and the Markdown file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.judge.report_document import ChangeEntry
from pipeline.core.words import left_over
from pipeline.report import plain
from pipeline.report.change_sections import ChangeSection
from pipeline.report.object_lines import DiffLine, LineRoom, object_lines
from pipeline.report.word_marks import windowed


@dataclass(frozen=True, slots=True)
class Room:
    """At most so many lines of an object, lines of a value, characters of a line; and lines around a change."""

    object: int = 80
    lines: int = 40
    line: int = 160
    around: int = 1


def section_rows(section: ChangeSection, room: Room) -> Iterator[str]:
    """All of a release, the serious objects first."""
    yield from (row for change in section.shown for row in _object(change, room))
    yield from [f"# {plain.folded_text(section.folded)}"] if section.folded else []


def within(rows: Iterable[str], room: int) -> tuple[list[str], int]:
    """The rows and the room that they leave; none where there is too little."""
    fitting = []
    for row in rows:
        room -= len(row) + 1
        if room < 0:
            return [], room
        fitting.append(row)
    return fitting, room


def _object(change: ChangeEntry, room: Room) -> Iterator[str]:
    """The object's name, and below it the lines of its diff."""
    mark = {"added": "+", "removed": "-"}.get(change.action, "#")
    unexplained = len(change.unaccounted)
    note = f"  ({unexplained} unexplained)" if unexplained else ""
    was = f" (was {plain.resource(change.old_resource)})" if change.old_resource else ""
    yield f"{mark} {change.action} {plain.resource(change.resource)}{was}{note}"
    yield from (f"{row[0]}   {row[2:]}" for row in object_rows(change, room))


def object_rows(change: ChangeEntry, room: Room) -> Iterator[str]:
    """The lines of an object's diff, each behind its mark and a blank."""
    lines = object_lines(change, LineRoom(room.lines, room.around))
    partners = {(line.mark, line.pair): line for line in lines if line.pair}
    for line in lines[: room.object]:
        yield f"{line.mark} {_shortened(line, partners, room.line)}"
    if rest := left_over(len(lines) - room.object, "line"):
        yield f"# {rest}"


def _shortened(line: DiffLine, partners: dict[tuple[str, int], DiffLine], longest: int) -> str:
    """Of a line that took another's place, the part that differs stays."""
    old, new = (partners.get((mark, line.pair)) for mark in "-+")
    if old is None or new is None:
        return plain.row(line.text, longest)
    return windowed(old.text, new.text, longest)[line.mark == "+"]
