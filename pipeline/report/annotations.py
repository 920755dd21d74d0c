"""Findings as annotations of a GitHub Actions run: ``::error`` and ``::warning`` lines, which the runner obeys.

GitHub shows ten of a type for each step: nine are written, the worst first, and the tenth says how many more there are.
Escaping is the runner's own (actions/toolkit, command.ts): nothing of a chart can end a property or begin a command.
"""

from collections.abc import Iterator, Mapping

from pipeline.core.judge.report_document import ErrorEntry, FindingEntry, ReportDocument
from pipeline.core.words import left_over
from pipeline.report import plain
from pipeline.report.fixes import labelled

_MOST = 9
_LONGEST = 1_000
_TYPES = {"error": ("blocker", "high"), "warning": ("medium",)}


def render(report: ReportDocument, places: Mapping[str, tuple[str, int]]) -> str:
    """Lines that end in a newline. ``places`` has the file and line that declare a release, where known."""
    rows = [row for kind in _TYPES for row in _limited(kind, report, places)]
    return "".join(f"{row}\n" for row in rows)


def _limited(kind: str, report: ReportDocument, places: Mapping[str, tuple[str, int]]) -> Iterator[str]:
    lines = [_finding(kind, f, places) for f in report.findings if f.severity in _TYPES[kind] and not f.waived]
    if kind == "error":
        lines = [_failure(error, places) for error in report.errors] + lines
    yield from lines[:_MOST]
    if rest := left_over(len(lines) - _MOST, "finding"):
        yield f"::{kind}::{rest}: see the report"


def _finding(kind: str, finding: FindingEntry, places: Mapping[str, tuple[str, int]]) -> str:
    where = plain.release_name(",".join(finding.of_environments), finding.release)
    title = f"{finding.severity}: {finding.rule} ({where})"
    text = f"{labelled(finding)} ({plain.place(finding)})"
    return _line(kind, title, text, places.get(finding.release))


def _failure(error: ErrorEntry, places: Mapping[str, tuple[str, int]]) -> str:
    title = f"{error.release} does not render"
    return _line("error", title, f"{error.where}: {error.message}", places.get(error.release))


def _line(kind: str, title: str, text: str, place: tuple[str, int] | None) -> str:
    named = {"file": place[0], "line": str(place[1])} if place else {}
    properties = ",".join(f"{key}={_property(value)}" for key, value in (named | {"title": title}).items())
    return f"::{kind} {properties}::{_data(plain.value(text, _LONGEST))}"


def _data(text: str) -> str:
    """``%`` first, or the escapes would be escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain.line(text)).replace(":", "%3A").replace(",", "%2C")
