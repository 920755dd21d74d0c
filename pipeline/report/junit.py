"""JUnit XML, which every CI shows: a suite a release, a case a finding, a failure where it blocks or is high."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pipeline.report import plain

_FAILING = frozenset({"blocker", "high"})


def render(report: Mapping[str, Any]) -> str:
    """The whole document. A release without findings is a suite with one case that passes."""
    suites = [_suite(report, release) for release in report["releases"]]
    body = "\n".join(row for suite in suites for row in suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pipeline">\n{body}\n</testsuites>\n'


def _suite(report: Mapping[str, Any], release: Mapping[str, Any]) -> Iterator[str]:
    key = (release["name"], release["environment"])
    findings = [f for f in report["findings"] if (f["release"], f.get("environment", "")) == key]
    errors = [e for e in report["errors"] if (e["release"], e.get("environment", "")) == key]
    failing = sum(1 for finding in findings if _fails(finding))
    skipped = sum(1 for finding in findings if finding["waived"])
    name = quoteattr(plain.release_title(release))
    cases = max(1, len(findings) + len(errors))
    counts = f'tests="{cases}" failures="{failing}" errors="{len(errors)}" skipped="{skipped}"'
    yield f"  <testsuite name={name} {counts}>"
    for error in errors:
        yield f'    <testcase name="render" classname={name}>'
        yield f"      <error message={_attribute('does not render')}>{_text(error['message'])}</error>"
        yield "    </testcase>"
    for finding in findings:
        yield from _case(finding)
    if not findings and not errors:
        yield f'    <testcase name="no findings" classname={name}/>'
    yield "  </testsuite>"


def _case(finding: Mapping[str, Any]) -> Iterator[str]:
    name, rule = _attribute(plain.place(finding)), _attribute(finding["rule"])
    said = f"{finding['title']}\n{finding['why']}\n{finding['remedy']}"
    if finding["waived"]:
        inner = f"<skipped message={_attribute('waived: ' + finding['waived']['reason'])}/>"
    elif _fails(finding):
        kind, title = _attribute(finding["severity"]), _attribute(finding["title"])
        inner = f"<failure type={kind} message={title}>{_text(said)}</failure>"
    else:
        inner = f"<system-out>{_text(said)}</system-out>"
    yield f"    <testcase name={name} classname={rule}>{inner}</testcase>"


def _fails(finding: Mapping[str, Any]) -> bool:
    return finding["severity"] in _FAILING and not finding["waived"]


def _text(text: str) -> str:
    return escape(plain.safe(text))


def _attribute(text: str) -> str:
    return quoteattr(plain.line(text))
