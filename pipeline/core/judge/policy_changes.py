"""Findings about a branch that changes the policy by which it would be judged."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from pipeline.core.judge.report import Report, Verdict, finding_order
from pipeline.core.judge.waivers import CONFIG_FILE
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity

_CALM = (Verdict.NO_CHANGES, Verdict.SAFE)


class LoosenedSetting(Protocol):
    """One setting that lets more through than before."""

    @property
    def setting(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def where(self) -> str: ...


def with_policy_changes(report: Report, loosened: Iterable[LoosenedSetting], own: Verdict, decides: str) -> Report:
    """The report with a finding for each loosened setting, and one where the branch's own verdict is another.

    They are hints, so that they never block: the policy of ``decides`` has decided already. A person looks, all the
    same: nothing that loosens a policy is safe without review.
    """
    policy_findings = [_loosened(loosening, decides) for loosening in loosened]
    if own is not report.verdict:
        policy_findings.append(_differs(report.verdict, own, decides))
    if not policy_findings:
        return report
    verdict = (
        Verdict.REVIEW
        if report.verdict in _CALM and len(policy_findings) > (own is not report.verdict)
        else report.verdict
    )
    findings = tuple(sorted((*report.findings, *policy_findings), key=finding_order))
    return replace(report, findings=findings, verdict=verdict)


def _loosened(loosening: LoosenedSetting, decides: str) -> Finding:
    return Finding(
        "policy-loosened",
        "policy",
        Severity.HIGH,
        Confidence.HINT,
        "",
        Place(ResourceRef("", "", CONFIG_FILE, "", loosening.where)),
        f"this branch loosens its own policy: {loosening.setting}: {loosening.message}",
        f"It has no effect on this report: the policy of {decides} decides. Once merged, it lets more through.",
        f"{loosening.where}: review this change on its own, or take it out of this branch.",
    ).with_fingerprint()


def _differs(verdict: Verdict, own: Verdict, decides: str) -> Finding:
    return Finding(
        "policy-differs",
        "policy",
        Severity.INFO,
        Confidence.HINT,
        "",
        Place(ResourceRef("", "", CONFIG_FILE, "", "pipeline.yaml")),
        f"the verdict is {verdict} by the policy of {decides}, and would be {own} by the policy of this branch",
        f"The policy of {decides} decides until this branch is merged.",
        "pipeline.yaml: to apply a change of the policy here, merge it on its own first.",
    ).with_fingerprint()
