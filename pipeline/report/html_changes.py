"""The changed objects of the HTML page: each a folded diff, set side by side when one opens it.

The page's script does that; without it the diff is read as it is. A line has no markup, so every object has room.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from pipeline.core.judge.report_document import ChangeEntry, ReportDocument
from pipeline.core.words import counted
from pipeline.report import plain
from pipeline.report.change_sections import Worst, change_sections
from pipeline.report.diff_rows import Room, object_rows
from pipeline.report.html_templates import LONGEST, template

_ROOM = Room(object=20_000, lines=1_000, line=LONGEST, around=3)
_MOST_CHANGES = 6_000_000
"""Characters of all diffs together: beyond it objects, the least serious ones, are named and not opened."""


@dataclass(frozen=True, slots=True)
class SectionView:
    """The changed objects of releases that change alike, as markup. ``quiet`` are those that differ by noise alone."""

    releases: tuple[str, ...]
    environments: tuple[str, ...]
    title: str
    entries: tuple[Markup, ...]
    folded: str
    quiet: tuple[str, ...]


def sections(report: ReportDocument) -> Iterator[SectionView]:
    """One for each release that changes, or several that change alike; the most serious first."""
    room = _MOST_CHANGES
    worst = Worst(report)
    for section in change_sections(report):
        entries = []
        for change in section.shown:
            text = _object(change, worst, shown=room > 0)
            room -= len(text)
            entries.append(text)
        yield SectionView(
            tuple(plain.release_name(*release.key) for release in section.releases),
            tuple(plain.line(release.environment) for release in section.releases),
            section.title,
            tuple(entries),
            plain.folded_text(section.folded) if section.folded else "",
            tuple(plain.resource(change.resource) for change in section.quiet),
        )


def _object(change: ChangeEntry, worst: Worst, *, shown: bool) -> Markup:
    lines = "\n".join(object_rows(change, _ROOM)) if shown else ""
    module: Any = template("report_changes.html.j2").module
    note = "" if shown else "too much to show here"
    markup: Markup = module.object(change, [*_notes(change), *([note] if note else [])], lines, worst.of(change))
    return markup


def _notes(change: ChangeEntry) -> Iterator[str]:
    if change.telling:
        yield counted(len(change.telling), "path")
    if change.unaccounted:
        yield f"{len(change.unaccounted)} unexplained"
