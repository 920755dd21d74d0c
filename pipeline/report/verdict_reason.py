"""The verdict's reason in one sentence: what is rejected, lost or to be read, by name where it is one thing."""

import re
from collections.abc import Iterable

from pipeline.core.judge.report import Verdict
from pipeline.core.judge.report_document import FindingEntry, ReportDocument
from pipeline.core.risk.levels import LEVELS
from pipeline.core.words import counted, left_over, listed
from pipeline.report.plain import VERDICT_MEANING, elsewhere, line, release_name

_REJECTED = frozenset({"api", "immutable"})
"""Categories whose blockers the API server refuses when they are applied."""
_OF_CUSTOM_RESOURCES = {
    "crd-instance-field-pruned": ("would lose", "a field"),
    "crd-instance-invalid": ("would be", "rejected"),
    "crd-instance-version-unserved": ("would have", "no served version"),
}
_LONGEST = 150
_ENDS = re.compile(r"[;,:]? ")
_DETAILS = re.compile(r" \([^()]*(?:\([^()]*\)[^()]*)*\)\Z")


def reason(report: ReportDocument) -> str:
    """A clause without a full stop, for after the verdict's word."""
    if report.verdict is Verdict.FAILED:
        return _failed(report)
    worst = decisive(report)
    if report.verdict is Verdict.BLOCKED and worst:
        return _blocked(report, worst)
    if report.verdict is Verdict.REVIEW:
        return _to_read(report, worst)
    return VERDICT_MEANING[report.verdict]


def decisive(report: ReportDocument) -> list[FindingEntry]:
    """The findings that the verdict comes from: of those that count, the ones of the worst level."""
    blocked = report.verdict is Verdict.BLOCKED
    open_ = [f for f in report.findings if not f.waived and (f.confidence == "proven" or not blocked)]
    worst = min((LEVELS.index(finding.severity) for finding in open_), default=len(LEVELS))
    return [finding for finding in open_ if LEVELS.index(finding.severity) == worst]


def _failed(report: ReportDocument) -> str:
    names = dict.fromkeys(release_name(*error.key) for error in report.errors)
    what = listed(names, 3, noun="release")
    if len(names) == 1:
        return f"{what} does not render: {line(report.errors[0].where)}"
    return f"{what} do not render, so what changes there is unknown"


def _blocked(report: ReportDocument, stopping: list[FindingEntry]) -> str:
    """Clauses by consequence; what has none of its own is said by its title."""
    versions = report.compared.kube_version
    server = f"Kubernetes {versions}" if versions and "," not in versions else "the API server"
    if len(stopping) == 1:
        return _alone(stopping[0], server)
    clauses = []
    rejected = [finding for finding in stopping if finding.category in _REJECTED]
    if number := _objects(rejected):
        clauses.append(f"{counted(number, 'change')} will be rejected by {server}")
    for rule, (verb, what) in _OF_CUSTOM_RESOURCES.items():
        if number := _objects(finding for finding in stopping if finding.rule == rule):
            clauses.append(f"{counted(number, 'custom resource')} {verb} {what}")
    others = [f for f in stopping if f.category not in _REJECTED and f.rule not in _OF_CUSTOM_RESOURCES]
    if others:
        clauses.append(listed(map(title, others), 1, between="; "))
    return "; ".join(clauses)


def _alone(finding: FindingEntry, server: str) -> str:
    """Its title, and that it is rejected, where only that makes it a blocker."""
    said = title(finding)
    known = finding.category not in _REJECTED or re.search(r"reject|refuse", said)
    return said if known or said.endswith("…") else f"{said}, which {server} rejects"


def _objects(findings: Iterable[FindingEntry]) -> int:
    return sum(1 + len(elsewhere(finding)) for finding in findings)


def _to_read(report: ReportDocument, worst: list[FindingEntry]) -> str:
    unexplained = report.summary.unaccounted
    parts = [f"no rule explains {counted(unexplained, 'changed path')}"] if unexplained else []
    if worst and worst[0].severity not in ("low", "info"):
        rest = left_over(len(worst) - 1, f"{worst[0].severity} finding")
        parts.append(f"{title(worst[0])}{rest and f'; {rest}'}")
    return "; ".join(parts) or VERDICT_MEANING[report.verdict]


def title(finding: FindingEntry) -> str:
    """A finding's title without the details in brackets at its end, where it is long."""
    text = line(finding.title)
    while len(text) > _LONGEST and (shorter := _DETAILS.sub("", text)) != text:
        text = shorter
    if len(text) <= _LONGEST:
        return text
    ends = [match.start() for match in _ENDS.finditer(text[:_LONGEST])]
    return f"{text[: ends[-1] if ends else _LONGEST - 2].rstrip(' *;,:')} …"
