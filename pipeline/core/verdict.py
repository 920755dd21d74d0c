"""May we go on? The maximum over what was found, never a sum: 600 low findings are not a blocker."""

from dataclasses import replace

from pipeline.core.finding import Confidence, Finding, Severity
from pipeline.core.report import Report, Verdict


def with_verdict(report: Report, fail_on: Severity) -> Report:
    """The report with its verdict. Waived findings do not count; a failed render beats everything."""
    return replace(report, verdict=_verdict(report, fail_on))


def stops(finding: Finding, fail_on: Severity) -> bool:
    """Whether this finding reaches ``fail_on``. Only what is proven may, whatever the level (architecture.md)."""
    return finding.waived is None and finding.confidence is Confidence.PROVEN and finding.severity >= fail_on


def _verdict(report: Report, fail_on: Severity) -> Verdict:
    if report.errors:
        return Verdict.FAILED
    if any(stops(finding, fail_on) for finding in report.findings):
        return Verdict.BLOCKED
    if report.unaccounted or any(f.waived is None and f.severity >= Severity.MEDIUM for f in report.findings):
        return Verdict.REVIEW
    return Verdict.SAFE if report.changes else Verdict.NO_CHANGES
