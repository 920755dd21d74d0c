"""The team's policy on findings: other severities, and waivers with a reason, an owner and an end date."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity, Waiver
from pipeline.core.risk.option import Options

CONFIG_FILE = "ConfigFile"
"""The kind of what a waiver's own findings point at: a file that people wrote."""
CATEGORY = "category:"
"""Before a category's name, where a rule's id may stand."""
Versions = Mapping[str, tuple[str, str]]
"""A release's old and new chart version, by its name."""
_REFUSED = frozenset({"immutable", "api"})
"""Categories whose proven blockers are what the API server refuses, whoever agrees."""
REFUSED_RULES = frozenset(
    {"crd-instance-invalid", "crd-instance-version-unserved", "crd-invalid", "crd-stored-version-removed"}
)
"""Rules of other categories whose proven blockers are the same."""


@dataclass(frozen=True, slots=True)
class WaiverRule:
    """Which findings a waiver lets through: every field that is set must match.

    ``resource`` is a shell pattern, which every object must match of which the finding says the same. The versions
    are shell patterns for the chart's version on both sides.
    """

    waiver: Waiver
    id: str = ""
    rule: str = ""
    fingerprint: str = ""
    release: str = ""
    environment: str = ""
    resource: str = ""
    old_version: str = ""
    new_version: str = ""
    where: str = ""
    """``pipeline.yaml:12``: where it is written."""

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding, of whatever upgrade."""
        wanted = (
            (self.rule, finding.rule),
            (self.fingerprint, finding.fingerprint),
            (self.release, finding.release),
            (self.environment, finding.environment),
        )
        if any(asked and asked != actual for asked, actual in wanted):
            return False
        return _all_match(self.resource, finding)

    def is_for(self, versions: tuple[str, str]) -> bool:
        """Whether it is about an upgrade between these versions. One that names none is about every upgrade."""
        asked = (self.old_version, self.new_version)
        return all(
            not pattern or fnmatchcase(version, pattern) for pattern, version in zip(asked, versions, strict=True)
        )

    @property
    def subject(self) -> str:
        named = self.rule or self.fingerprint
        return f"{named} ({self.id})" if self.id else named

    @property
    def place(self) -> Place:
        return Place(ResourceRef("", "", CONFIG_FILE, "", self.where or "pipeline.yaml"))

    def expired(self, today: date) -> bool:
        return today >= date.fromisoformat(self.waiver.expires)


@dataclass(frozen=True, slots=True)
class SeverityChoice:
    """Another severity for the findings that match every field that is set. ``resource`` is a shell pattern."""

    severity: Severity
    rule: str = ""
    category: str = ""
    release: str = ""
    resource: str = ""
    where: str = ""

    def covers(self, finding: Finding) -> bool:
        wanted = ((self.rule, finding.rule), (self.category, finding.category), (self.release, finding.release))
        return all(not asked or asked == actual for asked, actual in wanted) and _all_match(self.resource, finding)


@dataclass(frozen=True, slots=True)
class Policy:
    """``fail_on``, ``overrides`` and ``chosen`` hold for an environment, waivers for all (they may name one).

    ``overrides`` are by rule, or by ``category:NAME``, which a rule's own one replaces; of ``chosen``, which replace
    both, the last one that matches counts. ``origins`` says where each setting is written, that of an option by
    ``RULE.OPTION``.
    """

    fail_on: Severity = Severity.BLOCKER
    overrides: Mapping[str, Severity] = field(default_factory=dict, hash=False)
    waivers: tuple[WaiverRule, ...] = ()
    chosen: tuple[SeverityChoice, ...] = ()
    profiles: tuple[str, ...] = ()
    options: Options = field(default_factory=dict, hash=False)
    """What rules are told, by rule and option."""
    origins: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)


def judged(
    findings: tuple[Finding, ...], policy: Policy, today: date, versions: Versions | None = None
) -> tuple[Finding, ...]:
    """The findings as the policy sees them, in their order; after them what is to say of waivers that do not hold."""
    out, said = list[Finding](), dict[WaiverRule, Finding]()
    for finding in (_overridden(finding, policy) for finding in findings):
        held = [waiver for waiver in policy.waivers if waiver.covers(finding)]
        now = (versions or {}).get(finding.release, ("", ""))
        fit = [waiver for waiver in held if waiver.is_for(now)]
        valid = [waiver for waiver in fit if not waiver.expired(today)]
        out.append(_waived(finding, valid[0]) if valid else finding)
        said.update({waiver: _expired(waiver) for waiver in fit if waiver.expired(today)})
        said.update({waiver: _stale(waiver, now) for waiver in held if waiver not in fit})
    return (*out, *(said[waiver] for waiver in policy.waivers if waiver in said))


def _overridden(finding: Finding, policy: Policy) -> Finding:
    severity = policy.overrides.get(finding.rule, policy.overrides.get(f"{CATEGORY}{finding.category}"))
    for choice in policy.chosen:
        if choice.covers(finding):
            severity = choice.severity
    if severity is None:
        return finding
    if severity < Severity.HIGH and _is_refused(finding):
        said = f"the policy makes it {severity.label}: it stays high, for the API server refuses it all the same"
        return replace(finding, severity=Severity.HIGH, evidence=(*finding.evidence, said))
    return replace(finding, severity=severity)


def _is_refused(finding: Finding) -> bool:
    return finding.blocks and (finding.category in _REFUSED or finding.rule in REFUSED_RULES)


def _waived(finding: Finding, rule: WaiverRule) -> Finding:
    """What the API server refuses stays high: no agreement has it accept the object."""
    if _is_refused(finding):
        said = f"waived to high by {rule.waiver.owner}: the API server refuses it all the same ({rule.waiver.reason})"
        return replace(finding, severity=Severity.HIGH, evidence=(*finding.evidence, said))
    return finding.with_waiver(rule.waiver)


def _all_match(pattern: str, finding: Finding) -> bool:
    """Whether every object of which the finding says the same matches."""
    places = (finding.place, *finding.alike)
    return not pattern or all(any(fnmatchcase(n, pattern) for n in _names(place.resource)) for place in places)


def _names(resource: ResourceRef) -> tuple[str, ...]:
    short = f"{resource.kind}/{resource.name}"
    return (short, f"{resource.kind}/{resource.namespace}/{resource.name}") if resource.namespace else (short,)


def _about(rule: WaiverRule, grade: tuple[str, Severity], what: str, impact: str, fix: str) -> Finding:
    name, severity = grade
    title = f"the waiver of {rule.subject} {what}"
    finding = Finding(name, "policy", severity, Confidence.HINT, rule.release, rule.place, title, impact, fix)
    return finding.with_fingerprint()


def _expired(rule: WaiverRule) -> Finding:
    return _about(
        rule,
        ("waiver-expired", Severity.HIGH),
        f"ended on {rule.waiver.expires}, and its finding is still there",
        f"What {rule.waiver.owner} let through for a time counts again.",
        "Deal with the finding, or agree on a new last day.",
    )


def _stale(rule: WaiverRule, versions: tuple[str, str]) -> Finding:
    old, new = (version or "no version" for version in versions)
    return _about(
        rule,
        ("waiver-stale", Severity.MEDIUM),
        f"is for {rule.old_version or '*'} -> {rule.new_version or '*'}, and this is {old} -> {new}",
        f"What {rule.waiver.owner} let through for one upgrade counts in this one.",
        "Remove it, or agree on it for these versions.",
    )


def unused(rule: WaiverRule) -> Finding:
    """What is to say of a waiver that is about no finding of any environment."""
    return _about(
        rule,
        ("waiver-unused", Severity.INFO),
        "covers no finding of this comparison",
        "An old waiver may later cover a finding that it was not meant for.",
        "Remove it once it is no longer needed.",
    )
