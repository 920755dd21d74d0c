"""JUnit XML, which every CI shows: a suite a release, a case a finding, a failure where it blocks or is high."""

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pipeline.report import plain

_FAILING = frozenset({"blocker", "high"})


def render(report: Mapping[str, Any]) -> str:
    """The whole document. A release without findings is a suite with one case that passes.

    What is of no release (a waiver that is idle, a rule that could not be judged) has suites of its own.
    """
    suites = [_suite(report, release) for release in report["releases"]]
    suites += [_homeless(report), _gaps(report)]
    body = "".join(f"{row}\n" for suite in suites for row in suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pipeline">\n{body}</testsuites>\n'


def _homeless(report: Mapping[str, Any]) -> Iterator[str]:
    homes = {_key(release) for release in report["releases"]}
    found = [f for f in report["findings"] if (f["release"], f.get("environment", "")) not in homes]
    if found:
        yield _opening("policy", len(found), sum(map(_fails, found)), 0, sum(1 for f in found if f["waived"]))
        yield from (row for finding in found for row in _case(finding))
        yield "  </testsuite>"


def _gaps(report: Mapping[str, Any]) -> Iterator[str]:
    """Not checked is not passed."""
    gaps = report["not_evaluated"]
    if gaps:
        yield _opening("not evaluated", len(gaps), 0, 0, len(gaps))
        for gap in gaps:
            why = f"<skipped message={_attribute('needs a ' + gap['needs'])}/>"
            yield f'    <testcase name={_attribute(gap["rule"])} classname="not evaluated">{why}</testcase>'
        yield "  </testsuite>"


def _opening(name: str, tests: int, failures: int, errors: int, skipped: int) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return f"  <testsuite name={_attribute(name)} {counts}>"


def _key(release: Mapping[str, Any]) -> tuple[str, str]:
    return release["name"], release["environment"]


def _suite(report: Mapping[str, Any], release: Mapping[str, Any]) -> Iterator[str]:
    key = _key(release)
    findings = [f for f in report["findings"] if (f["release"], f.get("environment", "")) == key]
    errors = [e for e in report["errors"] if (e["release"], e.get("environment", "")) == key]
    failing = sum(1 for finding in findings if _fails(finding))
    skipped = sum(1 for finding in findings if finding["waived"])
    name = quoteattr(plain.release_title(release))
    cases = max(1, len(findings) + len(errors))
    yield _opening(plain.release_title(release), cases, failing, len(errors), skipped)
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
    said = "\n".join([finding["title"], finding["why"], finding["remedy"], *finding["evidence"]])
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
