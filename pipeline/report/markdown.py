"""The report as Markdown, for files. Text from charts stands in code spans and blocks that it cannot leave."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.report import plain
from pipeline.report.shapes import block, code, prose
from pipeline.report.text_rows import by_line, rows

_MOST_LINES = 200
_LONGEST_LINE = 200


def render(report: Mapping[str, Any]) -> str:
    """The whole report as Markdown that ends in a newline."""
    blocks = (_verdict, _errors, _steps, _findings, _changes, _gaps)
    parts = ["\n".join(block(report)) for block in blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdict(report: Mapping[str, Any]) -> Iterator[str]:
    verdict = report["verdict"]
    yield f"## {plain.VERDICT_WORDS[verdict]}: {plain.VERDICT_MEANING[verdict]}"
    yield ""
    unexplained = report["summary"]["unaccounted"]
    rest = f"**{plain.counted(unexplained, 'changed path')} that no rule explains**" if unexplained else ""
    yield " — ".join(part for part in (plain.tally(report), plain.extent(report), rest) if part)


def _errors(report: Mapping[str, Any]) -> Iterator[str]:
    for error in report["errors"]:
        where = f"{error['template']}:{error['line']}" if error["template"] else error["chart"]
        yield f"### Release {code(error['release'])} does not render: {code(where)}"
        yield ""
        yield block(error["message"])


def _steps(report: Mapping[str, Any]) -> Iterator[str]:
    steps = plain.steps_before_merging(report)
    if steps:
        yield "### Before merging"
        yield ""
    yield from (f"{number}. {prose(step)}" for number, step in enumerate(steps, 1))


def _findings(report: Mapping[str, Any]) -> Iterator[str]:
    if report["findings"]:
        yield "### Findings"
    shown, notes = plain.told_apart(report)
    for finding in (*shown, *(finding for finding in report["findings"] if finding["waived"])):
        yield ""
        sure = "" if finding["confidence"] == "proven" else f", {finding['confidence']}"
        waived = ", waived" if finding["waived"] else ""
        home = f"{code(own)} " if (own := plain.home(report, finding)) else ""
        yield f"- **{finding['severity']}**{sure}{waived} `{finding['rule']}` {home}{code(plain.place(finding))}"
        yield f"  - **{prose(finding['title'])}**"
        yield f"  - breaks: {prose(finding['why'])}"
        yield f"  - do: {prose(finding['remedy'])}"
        others = plain.elsewhere(finding)
        if others:
            yield f"  - also: {', '.join(map(code, others))}"
    if notes:
        yield ""
        yield f"<details><summary>{plain.counted(len(notes), 'note')}</summary>"
        yield ""
        yield from (f"- {prose(finding['title'])}" for finding in notes)
        yield ""
        yield "</details>"


def _changes(report: Mapping[str, Any]) -> Iterator[str]:
    for release in report["releases"]:
        shown, folded = plain.shown_changes(report, release)
        if shown or folded:
            yield f"### {code(plain.release_title(release))}"
            yield ""
        if shown:
            yield "| | object | paths | unexplained |\n|---|---|---|---|"
            yield from map(_change, shown)
            yield ""
            yield from (row for change in shown for row in _texts(change))
        if folded:
            yield f"{plain.counted(folded, 'object')} differ in version labels and checksums only."
            yield ""


def _change(change: Mapping[str, Any]) -> str:
    """A row. A pipe would end the cell even inside a code span, and a backslash before it would undo its escape."""
    name = code(plain.resource(change["resource"]).replace("|", "¦"))
    unexplained = len(change.get("unaccounted", ()))
    return f"| {change['action']} | {name} | {plain.real_paths(change) or ''} | {unexplained or ''} |"


def _texts(change: Mapping[str, Any]) -> Iterator[str]:
    """Which lines of its texts differ, with their numbers."""
    for field in change["fields"]:
        if by_line(field) and not field.get("noise"):
            shown, more = rows(field, _MOST_LINES, around=2)
            lines = [f"{row.mark} {row.number:>5} {plain.row(row.text, _LONGEST_LINE)}" for row in shown]
            lines += [f"… {plain.counted(more, 'more line')}"] if more else []
            yield f"{code(plain.resource(change['resource']))} {code(plain.path(field['path']))}"
            yield ""
            yield block("\n".join(lines), "diff")
            yield ""


def _gaps(report: Mapping[str, Any]) -> Iterator[str]:
    if report["not_evaluated"]:
        yield "### Not evaluated"
        yield ""
    for item in report["not_evaluated"]:
        yield f"- `{item['rule']}`: needs {code(item['needs'])}"
