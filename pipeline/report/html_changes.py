"""The collapsible side-by-side diffs of the HTML page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any

from markupsafe import Markup
from msgspec import UNSET

from pipeline.core.judge.report_document import ChangeEntry, FieldEntry, ReportDocument
from pipeline.core.words import counted, left_over
from pipeline.report import plain
from pipeline.report.html_templates import LONGEST, template
from pipeline.report.text_rows import Row, by_line, rows

_MOST_LINES = 1_000
_MOST_CHANGES = 2_000_000
"""Characters of all diffs together: beyond it objects are named and not opened."""
RowPair = tuple[Row | None, Row | None]
"""An old line beside a new one; twice the same row for a line of both sides; two Nones for lines left out."""


@dataclass(frozen=True, slots=True)
class ReleaseSection:
    """The changed objects of one release, each as markup. ``folded`` says how many differ by noise alone."""

    release: str
    title: str
    entries: tuple[Markup, ...]
    folded: str


@dataclass(frozen=True, slots=True)
class FieldView:
    """A changed path: either ``rows`` of a text, or a value for each side (None: absent)."""

    path: str
    rows: tuple[RowPair, ...] = ()
    more: str = ""
    sides: tuple[tuple[str, str | None], ...] = ()


def sections(report: ReportDocument) -> Iterator[ReleaseSection]:
    """One for each release that changes."""
    room = _MOST_CHANGES
    for release in report.releases:
        shown, folded = plain.shown_changes(report, release)
        entries = []
        for change in shown:
            text = _object(change)
            room -= len(text)
            entries.append(text if room > 0 else _macro("too_much", change, _notes(change)))
        if entries or folded:
            rest = plain.folded_text(folded) if folded else ""
            name = plain.release_name(*release.key)
            yield ReleaseSection(name, plain.release_title(release), tuple(entries), rest)


def _macro(name: str, *arguments: Any) -> Markup:
    markup: Markup = getattr(template("report_changes.html.j2").module, name)(*arguments)
    return markup


def _object(change: ChangeEntry) -> Markup:
    return _macro("object", change, _notes(change), [_field(field) for field in change.telling])


def _notes(change: ChangeEntry) -> str:
    notes = [counted(len(change.telling), "path")] if change.telling else []
    notes += [f"{len(change.unaccounted)} unexplained"] if change.unaccounted else []
    return ", ".join(notes)


def _field(field: FieldEntry) -> FieldView:
    name = plain.path(field.path)
    if by_line(field):
        shown, hidden = rows(field, _MOST_LINES, around=3)
        return FieldView(name, tuple(_pairs(shown)), left_over(hidden, "line"))
    sides = (("old", field.old), ("new", field.new))
    return FieldView(name, sides=tuple((side, None if value is UNSET else _value(value)) for side, value in sides))


def _pairs(shown: Iterable[Row]) -> Iterator[RowPair]:
    """The old lines beside the new ones, with a gap where lines of both sides are left out."""
    last = 0
    for same, group in groupby(shown, key=lambda row: row.mark == " "):
        entries = list(group)
        if same and last and min(row.number for row in entries) > last + 1:
            yield None, None
        if same:
            yield from ((row, row) for row in entries)
        else:
            yield from _paired(entries)
        last = max(row.number for row in entries)


def _paired(entries: Iterable[Row]) -> Iterator[RowPair]:
    """Each run of removed lines beside the run that was added for it."""
    removed: list[Row] = []
    added: list[Row] = []
    for row in entries:
        if row.mark == "-" and added:
            yield from zip_longest(removed, added)
            removed, added = [], []
        (removed if row.mark == "-" else added).append(row)
    yield from zip_longest(removed, added)


def _value(value: Any) -> str:
    text = plain.safe(value) if isinstance(value, str) else plain.value(value, LONGEST)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
