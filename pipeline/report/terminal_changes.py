"""The changed objects for a terminal: real lines of the diff, as many as there is room for, the serious ones first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core.judge.report_document import ChangeEntry, ReportDocument
from pipeline.core.words import counted, left_over, listed, noun_for
from pipeline.report import plain
from pipeline.report.change_sections import ChangeSection, change_sections
from pipeline.report.look import Look
from pipeline.report.object_lines import DiffLine, LineRoom, object_lines
from pipeline.report.word_marks import differing, windowed

MARKS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_COLOURS = {"-": "red", "+": "green", "#": "dim"}
_AN_OBJECT = 12
_MANY_KINDS = 6
_TEXT_LINES = 12
_TAIL = 2
_FEWEST = 7


@dataclass(frozen=True, slots=True)
class Space:
    """``lines`` for all changes together; None: everything. ``around``: lines around each change in a text."""

    lines: int | None = None
    around: int = 1


def change_lines(report: ReportDocument, look: Look, space: Space) -> Iterator[str]:
    """Each release's objects in the order of core severity and of what runs, then a count of those left out."""
    sections = change_sections(report)
    left = space.lines
    for number, section in enumerate(sections):
        room = None if left is None else max(left // (len(sections) - number), 3)
        lines = list(_section(section, look, Space(room, space.around)))
        left = None if left is None else left - len(lines)
        yield from lines


def _section(section: ChangeSection, look: Look, space: Space) -> Iterator[str]:
    yield look.style(section.title, "bold")
    room = space.lines
    hidden: list[ChangeEntry] = []
    for change in section.shown:
        if room is not None and room < _FEWEST:
            hidden.append(change)
            continue
        rows = list(_object(change, look, Space(room and min(room - _TAIL, _AN_OBJECT), space.around)))
        yield from rows
        room = None if room is None else room - len(rows)
    if hidden:
        yield look.style(f"  also changed: {kinds_of(hidden)}", "dim")
    if section.folded:
        yield look.style(f"  {plain.folded_text(section.folded)}", "dim")


def kinds_of(changes: Sequence[ChangeEntry]) -> str:
    """``11 PrometheusRules, 2 Jobs (--full shows all, --only Job/NAME one)``."""
    kinds = Counter(change.resource.kind for change in changes)
    counts = (f"{number} {noun_for(number, plain.line(kind))}" for kind, number in kinds.items())
    only = plain.line(f"{changes[0].resource.kind}/{changes[0].resource.name}")
    return f"{listed(counts, _MANY_KINDS, noun='kind')}  (--full, or --only {only})"


def _object(change: ChangeEntry, look: Look, space: Space) -> Iterator[str]:
    yield object_head(change, look)
    full = space.lines is None
    lines = object_lines(change, LineRoom(2_000 if full else _TEXT_LINES, space.around))
    fits = space.lines is None or len(lines) < space.lines
    shown = lines if fits else lines[: (space.lines or 0) - 2]
    yield from painted(shown, look, whole=full)
    if rest := left_over(len(lines) - len(shown), "line"):
        yield look.style(f"      {rest}", "dim")


def object_head(change: ChangeEntry, look: Look) -> str:
    mark, colour = MARKS.get(change.action, (">", "magenta"))
    was = f" (was {plain.resource(change.old_resource)})" if change.old_resource else ""
    unexplained = len(change.unaccounted)
    notes = [counted(len(change.telling), "path")] if change.telling else []
    notes += [f"{unexplained} unexplained"] if unexplained else []
    tail = look.style(f"  {', '.join(notes)}", "dim") if notes else ""
    return f"  {look.style(mark, colour)} {plain.resource(change.resource)}{was}{tail}"


def painted(lines: Sequence[DiffLine], look: Look, *, whole: bool = False) -> Iterator[str]:
    """Lines of a diff with their mark and the words that differ. Long ones keep the part that differs."""
    partners = {line.pair: line for line in lines if line.mark == "-" and line.pair}
    news = {line.pair: line for line in lines if line.mark == "+" and line.pair}
    room = 0 if whole else look.room(6)
    for line in lines:
        if line.mark == "#":
            yield "    " + look.style(plain.row(line.text, room) if room else line.text, "dim")
            continue
        other = (news if line.mark == "-" else partners).get(line.pair) if line.pair else None
        yield f"    {_one(line, other, look, room)}"


def _one(line: DiffLine, other: DiffLine | None, look: Look, room: int) -> str:
    """A removed or added line; ``other`` is the one in its place."""
    if line.mark == " " or other is None:
        text = plain.row(line.text, room) if room else line.text
        return look.style(f"{line.mark} {text}", *([_COLOURS[line.mark]] if line.mark in _COLOURS else ["dim"]))
    old, new = (line, other) if line.mark == "-" else (other, line)
    texts = windowed(old.text, new.text, room) if room else (old.text, new.text)
    part = differing(*texts)[line.mark == "+"]
    text, colour = texts[line.mark == "+"], _COLOURS[line.mark]
    marked = look.style(text[part], colour, "marked")
    return look.style(f"{line.mark} {text[: part.start]}", colour) + marked + look.style(text[part.stop :], colour)
