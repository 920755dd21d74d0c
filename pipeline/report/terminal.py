"""The report for a terminal: the verdict and why, what to do, the findings, then the diff itself.

Space is spent by severity and by what runs. Nothing serious is left out; what is, is counted, and ``full`` shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.words import article, counted, left_over
from pipeline.report import plain
from pipeline.report.change_sections import change_sections
from pipeline.report.chart_links import in_terminal
from pipeline.report.fixes import steps_before_merging
from pipeline.report.look import PLAIN, VERDICT_STYLE, Look
from pipeline.report.narrowed import WHOLE, Narrowing, narrowed
from pipeline.report.safe_text import safe
from pipeline.report.stat_lines import stat_lines
from pipeline.report.terminal_changes import Space, change_lines
from pipeline.report.terminal_findings import command_lines, finding_lines
from pipeline.report.verdict_reason import decisive, reason, title

_MOST_LINES = 114
_FEWEST_OF_CHANGES = 24
_BRIEF_STEPS = 6
_BRIEF_FINDINGS = 6


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of a report is shown. ``around``: lines around each change in a text."""

    brief: bool = False
    full: bool = False
    stat: bool = False
    around: int = 1
    only: Narrowing = WHOLE


DIGEST = Depth()
EVERYTHING = Depth(full=True)


def render(report: ReportDocument, look: Look = PLAIN, depth: Depth = EVERYTHING) -> str:
    """Text that ends in a newline.

    Raises:
        UsageError: nothing in the report is what ``depth.only`` asks for.
    """
    part = narrowed(report, depth.only)
    if depth.stat:
        return "".join(f"{line}\n" for line in (*_verdict(report, look), "", *stat_lines(part, look)))
    if depth.brief:
        return _joined([_verdict(report, look), _steps(part, look, _BRIEF_STEPS), _worst(part, look)])
    full = depth.full or depth.only.objects
    head = [[*_verdict(report, look), *in_terminal(part)], list(_errors(part, look)), list(_steps(part, look))]
    head.append(list(finding_lines(part, look, full=bool(full))))
    used = sum(text.count("\n") + 1 for block in head for text in block) + len(head)
    room = None if full else max(_MOST_LINES - used, _FEWEST_OF_CHANGES)
    changes = change_lines(part, look, Space(room, depth.around))
    return _joined([*head, changes, _gaps(part, look)])


def _joined(blocks: list[Iterator[str] | list[str]]) -> str:
    parts = ["\n".join(block) for block in blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(report: ReportDocument, look: Look) -> Iterator[str]:
    verdict = report.verdict
    word = plain.VERDICT_WORDS[verdict].upper()
    rows = list(look.wrapped(" " * (len(word) + 2), reason(report)))
    yield look.style(word, "bold", VERDICT_STYLE[verdict]) + rows[0][len(word) :]
    yield from rows[1:]
    yield f"  {plain.tally(report)}"
    yield from look.wrapped("  ", plain.extent(report))
    unexplained = report.summary.unaccounted
    if unexplained:
        yield look.style(f"  {plain.explained(unexplained)}", "yellow")
    elif report.changes:
        yield look.style(f"  {plain.explained(0)}", "dim")


def _errors(report: ReportDocument, look: Look) -> Iterator[str]:
    for error in report.errors:
        where = plain.line(error.where)
        name = plain.release_name(*error.key)
        yield look.style(f"release {name} does not render  {where}", "bold", "magenta")
        yield from (f"  {safe(row)}" for row in error.message.splitlines())


def _steps(report: ReportDocument, look: Look, most: int | None = None) -> Iterator[str]:
    steps = steps_before_merging(report)
    if steps:
        yield look.style("Before merging", "bold")
    for number, step in enumerate(steps[:most], 1):
        head = f"{number:>3}. "
        if most is not None:
            yield head + (plain.row(step.text, room) if (room := look.room(len(head))) else step.text)
            continue
        yield from look.wrapped(head, step.text)
        yield from command_lines(step.commands, len(head))
    if most is not None and (rest := left_over(len(steps) - most, "step")):
        yield f"     {rest}"


def _worst(report: ReportDocument, look: Look) -> Iterator[str]:
    """For a brief report: the findings that the verdict comes from, a line each."""
    worst_findings = [] if report.verdict in ("safe", "no-changes") else decisive(report)
    for finding in worst_findings[:_BRIEF_FINDINGS]:
        room = look.room(8)
        text = title(finding)
        yield f"{finding.severity.upper():8}{plain.row(text, room) if room else text}"
    if rest := left_over(
        len(worst_findings) - _BRIEF_FINDINGS, f"{worst_findings[0].severity} finding" if worst_findings else ""
    ):
        yield f"        {rest}"
    objects = sum(len(section.shown) for section in change_sections(report))
    if objects:
        yield look.style(f"{counted(objects, 'object')} to read: run without --brief", "dim")


def _gaps(report: ReportDocument, look: Look) -> Iterator[str]:
    if report.not_evaluated:
        yield look.style("Not evaluated", "bold")
    for needs, rules in plain.gaps(report):
        yield from look.wrapped("  ", f"without {article(needs)}: {', '.join(rules)}", "dim")
