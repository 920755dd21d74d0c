"""The report as Markdown, for files. Text from charts stands in code spans and blocks that it cannot leave."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from pipeline.report import plain

_RUNS = re.compile(r"`+")
_LONG_RUN = re.compile("`{9,}")
# Words that no Markdown dialect gives a meaning to: no link, mention, reference, emoji, formula or markup.
_PLAIN_WORD = re.compile(r"[(\"']?(?:[A-Za-z]+(?:[-'’][A-Za-z]+)*|[0-9]{1,5}|[→–—,;:.])[)\"'.,;:!?]*\Z")


def code(text: str) -> str:
    """A code span that ``text`` cannot end: fenced by one backtick more than its longest run (CommonMark 6.1).

    Parsers give up on very long fences, so a run of nine and more is written as its length.
    """
    text = _LONG_RUN.sub(lambda run: f"`(x{len(run.group())})", plain.line(text))
    fence = "`" * (max(map(len, _RUNS.findall(text)), default=0) + 1)
    pad = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def prose(text: str) -> str:
    """A sentence to read: plain words stay, and every run of anything else becomes a code span."""
    words = plain.line(text).split()
    groups = groupby(words, key=lambda word: bool(_PLAIN_WORD.match(word)))
    return " ".join(" ".join(group) if simple else code(" ".join(group)) for simple, group in groups)


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
        yield _block(error["message"])


def _block(text: str) -> str:
    """A fenced block that ``text`` cannot end."""
    text = plain.safe(text)
    fence = "`" * max(3, max(map(len, _RUNS.findall(text)), default=0) + 1)
    return f"{fence}text\n{text}\n{fence}"


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
        yield f"- **{finding['severity']}**{sure}{waived} `{finding['rule']}` {code(plain.place(finding))}"
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
        if folded:
            yield f"{plain.counted(folded, 'object')} differ in version labels and checksums only."
            yield ""


def _change(change: Mapping[str, Any]) -> str:
    """A row. A pipe would end the cell even inside a code span, and a backslash before it would undo its escape."""
    name = code(plain.resource(change["resource"]).replace("|", "¦"))
    unexplained = len(change.get("unaccounted", ()))
    return f"| {change['action']} | {name} | {plain.real_paths(change) or ''} | {unexplained or ''} |"


def _gaps(report: Mapping[str, Any]) -> Iterator[str]:
    if report["not_evaluated"]:
        yield "### Not evaluated"
        yield ""
    for item in report["not_evaluated"]:
        yield f"- `{item['rule']}`: needs {code(item['needs'])}"
