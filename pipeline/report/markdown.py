"""The report as Markdown, for files. Text from charts is in code spans and blocks that it cannot break out of."""

from collections.abc import Iterator

from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.words import article, counted
from pipeline.report import plain
from pipeline.report.change_sections import change_sections
from pipeline.report.chart_links import in_markdown
from pipeline.report.diff_rows import Room, section_rows
from pipeline.report.fixes import fix, steps_before_merging
from pipeline.report.shapes import block, code, commands, details, evidence, prose, raw
from pipeline.report.verdict_reason import reason

_ROOM = Room(object=5_000, lines=200, line=500)


def render(report: ReportDocument) -> str:
    """The whole report as Markdown that ends in a newline."""
    blocks = (_verdict, in_markdown, _errors, _steps, _findings, _changes, _gaps)
    parts = ["\n".join(block(report)) for block in blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(report: ReportDocument) -> Iterator[str]:
    verdict = report.verdict
    yield f"## {plain.VERDICT_WORDS[verdict]}: {prose(reason(report))}"
    yield ""
    unexplained = report.summary.unaccounted
    rest = f"**{plain.explained(unexplained)}**" if unexplained else ""
    yield " — ".join(part for part in (plain.tally(report), plain.extent(report), rest) if part)


def _errors(report: ReportDocument) -> Iterator[str]:
    for error in report.errors:
        yield f"### Release {code(error.release)} does not render: {code(error.where)}"
        yield ""
        yield block(error.message)


def _steps(report: ReportDocument) -> Iterator[str]:
    steps = steps_before_merging(report)
    if steps:
        yield "### Before merging"
        yield ""
    for number, step in enumerate(steps, 1):
        yield f"{number}. {prose(step.text)}"
        yield from commands(step.commands, indent=3)


def _findings(report: ReportDocument) -> Iterator[str]:
    if report.findings:
        yield "### Findings"
    shown, notes = plain.told_apart(report)
    for finding in (*shown, *(finding for finding in report.findings if finding.waived)):
        yield ""
        sure = "" if finding.confidence == "proven" else f", confidence: {finding.confidence}"
        waived = ", waived" if finding.waived else ""
        home = f"{code(own)} " if (own := plain.home(report, finding)) else ""
        yield f"- **{finding.severity}**{sure}{waived} `{finding.rule}` {home}{code(plain.place(finding))}"
        yield f"  - **{prose(finding.title)}**"
        yield f"  - Impact: {prose(finding.impact)}"
        yield f"  - Fix: {prose(fix(finding))}"
        yield from commands(finding.commands, indent=4)
        others = plain.elsewhere(finding)
        if others:
            yield f"  - Also: {', '.join(map(code, others))}"
        if finding.evidence:
            yield f"  - Evidence: {', '.join(map(evidence, finding.evidence))}"
        if finding.waived:
            yield f"  - Waived: {prose(plain.waiver(finding))}"
    if notes:
        yield ""
        yield f"<details><summary>{counted(len(notes), 'note')}</summary>"
        yield ""
        yield from (f"- {prose(finding.title)}" for finding in notes)
        yield ""
        yield "</details>"


def _changes(report: ReportDocument) -> Iterator[str]:
    for section in change_sections(report):
        diff = block("\n".join(section_rows(section, _ROOM)), "diff")
        yield details(f"Changes of {raw(section.title)}", diff)
        yield ""


def _gaps(report: ReportDocument) -> Iterator[str]:
    if report.not_evaluated:
        yield "### Not evaluated"
        yield ""
    for needs, rules in plain.gaps(report):
        yield f"- {prose(f'without {article(needs)}')}: {', '.join(map(code, rules))}"
