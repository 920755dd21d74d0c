"""JUnit XML, which every CI shows: a suite per release, a case per finding, a failure if it is high or a blocker."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from pipeline.core.judge.report_document import FindingEntry, ReleaseEntry, ReportDocument
from pipeline.core.risk.levels import SERIOUS
from pipeline.core.words import article
from pipeline.report import plain
from pipeline.report.fixes import fix
from pipeline.report.safe_text import safe


def render(report: ReportDocument) -> str:
    """The whole document. A release without findings is a suite with one case that passes.

    What is of no release (a waiver that is idle, a rule that could not be judged) has suites of its own.
    """
    suites = [_suite(report, release) for release in report.releases]
    suites += [_homeless(report), _gaps(report)]
    body = "".join(f"{row}\n" for suite in suites for row in suite)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pipeline">\n{body}</testsuites>\n'


def _homeless(report: ReportDocument) -> Iterator[str]:
    homes = {release.key for release in report.releases}
    homeless = [f for f in report.findings if not f.keys & homes]
    if homeless:
        yield _opening("policy", len(homeless), sum(map(_fails, homeless)), 0, sum(1 for f in homeless if f.waived))
        yield from (row for finding in homeless for row in _case(finding))
        yield "  </testsuite>"


def _gaps(report: ReportDocument) -> Iterator[str]:
    """Not checked is not passed."""
    gaps = report.not_evaluated
    if gaps:
        yield _opening("not evaluated", len(gaps), 0, 0, len(gaps))
        for gap in gaps:
            why = f"<skipped message={_attribute('needs ' + article(gap.needs))}/>"
            yield f'    <testcase name={_attribute(gap.rule)} classname="not evaluated">{why}</testcase>'
        yield "  </testsuite>"


def _opening(name: str, tests: int, failures: int, errors: int, skipped: int) -> str:
    counts = f'tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    return f"  <testsuite name={_attribute(name)} {counts}>"


def _suite(report: ReportDocument, release: ReleaseEntry) -> Iterator[str]:
    findings = [finding for finding in report.findings if release.key in finding.keys]
    errors = [error for error in report.errors if error.key == release.key]
    failing = sum(1 for finding in findings if _fails(finding))
    skipped = sum(1 for finding in findings if finding.waived)
    name = quoteattr(plain.release_title(release))
    cases = max(1, len(findings) + len(errors))
    yield _opening(plain.release_title(release), cases, failing, len(errors), skipped)
    for error in errors:
        yield f'    <testcase name="render" classname={name}>'
        yield f"      <error message={_attribute('does not render')}>{_text(error.message)}</error>"
        yield "    </testcase>"
    for finding in findings:
        yield from _case(finding)
    if not findings and not errors:
        yield f'    <testcase name="no findings" classname={name}/>'
    yield "  </testsuite>"


def _case(finding: FindingEntry) -> Iterator[str]:
    name, rule = _attribute(plain.place(finding)), _attribute(finding.rule)
    said = [finding.title, f"Impact: {finding.impact}", f"Fix: {fix(finding)}", *finding.commands]
    said += [f"Confidence: {finding.confidence}", *(f"Evidence: {line}" for line in finding.evidence)]
    text = _text("\n".join(said))
    if finding.waived:
        inner = f"<skipped message={_attribute('waived: ' + finding.waived.reason)}/>"
    elif _fails(finding):
        kind, title = _attribute(finding.severity), _attribute(finding.title)
        inner = f"<failure type={kind} message={title}>{text}</failure>"
    else:
        inner = f"<system-out>{text}</system-out>"
    yield f"    <testcase name={name} classname={rule}>{inner}</testcase>"


def _fails(finding: FindingEntry) -> bool:
    return finding.severity in SERIOUS and not finding.waived


def _text(text: str) -> str:
    return escape(safe(text))


def _attribute(text: str) -> str:
    return quoteattr(plain.line(text))
