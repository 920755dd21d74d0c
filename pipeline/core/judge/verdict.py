"""The verdict: the maximum over all findings, never a sum. 600 low findings are not a blocker."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pipeline.core.judge.report import Report, Verdict, finding_order
from pipeline.core.judge.waivers import Policy, WaiverRule, judged, unused
from pipeline.core.risk.finding import Confidence, Finding, Severity


def with_verdict(report: Report, fail_on: Severity) -> Report:
    """The report with its verdict. Waived findings do not count; a failed render beats everything."""
    return replace(report, verdict=_verdict(report, fail_on))


def under_policies(report: Report, policies: Mapping[str, Policy], fail_on: Severity | None, today: date) -> Report:
    """The report with its verdict, each environment under its own policy; ``fail_on`` overrides all thresholds."""
    versions: dict[str, dict[str, tuple[str, str]]] = {}
    for release in report.releases:
        versions.setdefault(release.environment, {})[release.name] = release.old_version, release.new_version
    findings: list[Finding] = []
    blocked = False
    used: dict[WaiverRule, bool] = {}
    for environment in sorted({*policies, *(finding.environment for finding in report.findings)}):
        policy = policies.get(environment, Policy())
        own = tuple(finding for finding in report.findings if finding.environment == environment)
        if not own and not any(environment == release.environment for release in report.releases):
            continue
        now = judged(own, policy, today, versions.get(environment))
        for waiver in policy.waivers:
            if waiver.environment in ("", environment):
                used[waiver] = used.get(waiver, False) or any(waiver.covers(finding) for finding in own)
        threshold = policy.fail_on if fail_on is None else fail_on
        blocked = blocked or any(stops(finding, threshold) for finding in now)
        findings += now
    findings += [unused(waiver) for waiver, covered in used.items() if not covered]
    ranked = sorted(_once(findings), key=finding_order)
    report = replace(report, findings=tuple(ranked))
    verdict = _verdict(report, fail_on or Severity.BLOCKER)
    return replace(report, verdict=Verdict.BLOCKED if blocked and verdict is not Verdict.FAILED else verdict)


def _once(findings: list[Finding]) -> list[Finding]:
    """Waivers are shared by all environments: what is said about one is said once."""
    seen: set[tuple[str, str]] = set()
    out = []
    for finding in findings:
        key = (finding.rule, str(finding.place))
        if finding.category != "policy" or key not in seen:
            out.append(finding)
        seen.add(key)
    return out


def stops(finding: Finding, fail_on: Severity) -> bool:
    """Whether this finding reaches ``fail_on``. Only what is proven may, whatever the level."""
    return finding.waived is None and finding.confidence is Confidence.PROVEN and finding.severity >= fail_on


def _verdict(report: Report, fail_on: Severity) -> Verdict:
    if report.errors:
        return Verdict.FAILED
    if any(stops(finding, fail_on) for finding in report.findings):
        return Verdict.BLOCKED
    if report.unaccounted or any(f.waived is None and f.severity >= Severity.MEDIUM for f in report.findings):
        return Verdict.REVIEW
    return Verdict.SAFE if report.changes else Verdict.NO_CHANGES
