"""One line for each changed object, as ``git diff --stat`` has one for each file."""

from collections.abc import Iterator

from pipeline.core.judge.report_document import ChangeEntry, ReportDocument
from pipeline.core.words import counted
from pipeline.report import plain
from pipeline.report.change_sections import Worst, change_sections
from pipeline.report.look import LEVEL_STYLE, Look
from pipeline.report.object_lines import object_lines
from pipeline.report.terminal_changes import MARKS

_LONGEST_NAME = 70


def stat_lines(report: ReportDocument, look: Look) -> Iterator[str]:
    worst = Worst(report)
    for section in change_sections(report):
        yield look.style(section.title, "bold")
        names = [_name(change) for change in section.shown]
        width = max(map(len, names), default=0)
        for change, name in zip(section.shown, names, strict=True):
            finding = worst.of(change)
            level = look.style(finding.severity, *LEVEL_STYLE[finding.severity]) if finding else ""
            yield f"  {name:{width}} | {_counts(change, look)}  {level}".rstrip()
        if section.folded:
            yield look.style(f"  {plain.folded_text(section.folded)}", "dim")
    objects = sum(len(section.shown) for section in change_sections(report))
    yield f"  {counted(objects, 'object')}, {plain.extent(report)}"


def _name(change: ChangeEntry) -> str:
    mark, _ = MARKS.get(change.action, (">", ""))
    return plain.value(f"{mark} {plain.resource(change.resource)}", _LONGEST_NAME)


def _counts(change: ChangeEntry, look: Look) -> str:
    """``3 paths +4 -2``: the lines of its diff."""
    if not change.fields:
        return change.action
    lines = object_lines(change)
    added, removed = (sum(line.mark == mark for line in lines) for mark in "+-")
    plus, minus = look.style(f"+{added}", "green"), look.style(f"-{removed}", "red")
    return f"{counted(len(change.telling), 'path')} {plus} {minus}"
