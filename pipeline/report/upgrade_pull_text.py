"""The body of an upgrade's pull request: what moves where, why not farther, and the report."""

from collections.abc import Iterable, Sequence

from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.upgrade.version_moves import VersionMove
from pipeline.core.words import command
from pipeline.report.comment import COMMENT_UNITS, Setting, render
from pipeline.report.shapes import block, code, units

_KEPT = (
    "<sub>`pipeline upgrade --pr` keeps this pull request up to date until somebody else commits to its branch. Once"
    " closed, it stays closed until there is a newer version.</sub>"
)
_ROOM = 2_000
"""For the marker, whose length depends on how many releases move."""


def body(
    moves: Sequence[VersionMove],
    farther: Sequence[VersionMove],
    report: ReportDocument,
    moved_values: Iterable[str] = (),
) -> str:
    """``farther`` are the moves to the newest versions, where ``moves`` end before them."""
    lines = [f"- {code(move.pin)} {code(move.before)} → {code(move.after)}{_within(move)}" for move in moves]
    parts = ["\n".join(lines)]
    if farther:
        parts.append(_why_not_farther(farther))
    values = list(moved_values)
    if values:
        parts.append("Values that moved to the keys of the new chart:\n\n" + block("\n".join(values)))
    head = "\n\n".join(parts)
    text = render(report, COMMENT_UNITS - units(head) - _ROOM, Setting())
    return f"{head}\n\n{text}\n{_KEPT}\n"


def _within(move: VersionMove) -> str:
    return f" in {', '.join(map(code, move.environments))}" if move.environments else ""


def _why_not_farther(farther: Sequence[VersionMove]) -> str:
    newest = ", ".join(f"{code(move.pin)} {code(move.after)}" for move in farther)
    shows = "\n".join(command("pipeline", "upgrade", f"{move.release}@{move.after}", "--path") for move in farther)
    return f"The newest version ({newest}) is blocked, or does not render. This is the next step:\n\n{block(shows)}"
