"""The team's policy on findings: other severities, and waivers with a reason, an owner and an end date."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity, Waiver

CONFIG_FILE = "ConfigFile"
"""The kind of what a waiver's own findings point at: a file that people wrote."""


@dataclass(frozen=True, slots=True)
class WaiverRule:
    """Which findings a waiver lets through: every field that is set must match.

    ``resource`` is a shell pattern, which every object must match of which the finding says the same.
    """

    waiver: Waiver
    rule: str = ""
    fingerprint: str = ""
    release: str = ""
    environment: str = ""
    resource: str = ""
    where: str = ""
    """``pipeline.yaml:12``: where it is written."""

    def covers(self, finding: Finding) -> bool:
        wanted = (
            (self.rule, finding.rule),
            (self.fingerprint, finding.fingerprint),
            (self.release, finding.release),
            (self.environment, finding.environment),
        )
        if any(asked and asked != found for asked, found in wanted):
            return False
        places = (finding.place, *finding.alike)
        return not self.resource or all(
            any(fnmatchcase(name, self.resource) for name in _names(place.resource)) for place in places
        )

    @property
    def subject(self) -> str:
        return self.rule or self.fingerprint

    @property
    def place(self) -> Place:
        return Place(ResourceRef("", "", CONFIG_FILE, "", self.where or "pipeline.yaml"))

    def expired(self, today: date) -> bool:
        return today >= date.fromisoformat(self.waiver.expires)


@dataclass(frozen=True, slots=True)
class Policy:
    """``fail_on`` and ``overrides`` hold for an environment, waivers for all (they may name one)."""

    fail_on: Severity = Severity.BLOCKER
    overrides: Mapping[str, Severity] = field(default_factory=dict, hash=False)
    waivers: tuple[WaiverRule, ...] = ()


def judged(findings: tuple[Finding, ...], policy: Policy, today: date) -> tuple[Finding, ...]:
    """The findings as the policy sees them, in their order, and what is to say about its waivers after them."""
    overridden = (_overridden(finding, policy.overrides) for finding in findings)
    used: set[int] = set()
    out = []
    for finding in overridden:
        held = [(n, w) for n, w in enumerate(policy.waivers) if w.covers(finding)]
        used.update(number for number, _ in held)
        valid = [rule for _, rule in held if not rule.expired(today)]
        out.append(finding.with_waiver(valid[0].waiver) if valid else finding)
    late = [_expired(rule) for number, rule in enumerate(policy.waivers) if number in used and rule.expired(today)]
    idle = [_unused(rule) for number, rule in enumerate(policy.waivers) if number not in used]
    return (*out, *late, *idle)


def _overridden(finding: Finding, overrides: Mapping[str, Severity]) -> Finding:
    severity = overrides.get(finding.rule)
    return finding if severity is None else replace(finding, severity=severity)


def _names(resource: ResourceRef) -> tuple[str, ...]:
    short = f"{resource.kind}/{resource.name}"
    return (short, f"{resource.kind}/{resource.namespace}/{resource.name}") if resource.namespace else (short,)


def _expired(rule: WaiverRule) -> Finding:
    title = f"the waiver of {rule.subject} ended on {rule.waiver.expires}, and its finding is still there"
    return Finding(
        "waiver-expired",
        "policy",
        Severity.HIGH,
        Confidence.HINT,
        rule.release,
        rule.place,
        title,
        f"What {rule.waiver.owner} let through for a time counts again.",
        "Deal with the finding, or agree on a new last day.",
    ).with_fingerprint()


def _unused(rule: WaiverRule) -> Finding:
    return Finding(
        "waiver-unused",
        "policy",
        Severity.INFO,
        Confidence.HINT,
        rule.release,
        rule.place,
        f"the waiver of {rule.subject} covers no finding of this comparison",
        "An old waiver may later cover a finding that it was not meant for.",
        "Remove it once it is no longer needed.",
    ).with_fingerprint()
