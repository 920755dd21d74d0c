"""Runs every rule over an upgrade, and records which paths they explain.

The promise of the product is here: a changed path is explained by a rule, is noise with a reason, or is counted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.core.diff.change import Action, Op, ResourceChange
from pipeline.core.judge.group_findings import merged
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import ResourceId
from pipeline.core.reads import KindRead, Reads
from pipeline.core.risk.finding import Finding, NotEvaluated
from pipeline.core.risk.rule import Claim, Hit, Need, Rule
from pipeline.core.risk.upgrade import Side, Upgrade


@dataclass(frozen=True, slots=True)
class Judgement:
    """``unaccounted`` maps an object to the indexes of its unexplained fields; ``(-1,)`` is the object as a whole."""

    findings: tuple[Finding, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    unaccounted: Mapping[ResourceId, tuple[int, ...]]
    silent: Mapping[str, frozenset[KindRead]] = field(default_factory=dict)
    """The rules that were asked and said nothing, with what they read of the other releases."""


def judge(upgrade: Upgrade, rules: Iterable[Rule]) -> Judgement:
    """Every finding, sorted worst first; every rule that could not run; every changed path that no one explained."""
    findings: list[Finding] = []
    skipped: list[NotEvaluated] = []
    by_place = {_key(change): change for change in upgrade.diff.changes}
    claims: dict[ResourceId, dict[Path, bool]] = {}  # whether a path is explained alone, or with what is below
    last: list[Rule] = []
    silent: dict[str, frozenset[KindRead]] = {}
    for rule in rules:
        missing = [need for need in rule.needs if not _AVAILABLE[need](upgrade)]
        if missing:
            words = ", ".join(missing)
            skipped.append(NotEvaluated(rule.id, words, f"not given: {words}"))
            continue
        if rule.compares and upgrade.same_objects:
            continue
        if rule.last is not None:
            last.append(rule)
            continue
        with Reads() as seen:
            hits = list(_hits(rule, upgrade))
        if not hits:
            silent[rule.id] = frozenset(seen)
        for hit in hits:
            findings.append(_finding(rule, hit, upgrade))
            for claim in _claims(hit, by_place):
                known = claims.setdefault(claim.id, {})
                known[claim.path] = claim.alone and known.get(claim.path, True)
    left = {
        change.id: rest for change in upgrade.diff.changes if (rest := _unclaimed(change, claims.get(change.id, {})))
    }
    said = tuple(findings)
    findings += [_finding(rule, hit, upgrade) for rule in last if rule.last for hit in rule.last(upgrade, said, left)]
    findings = [finding.with_fingerprint() for finding in merged(sorted(findings, key=_order))]
    return Judgement(tuple(findings), tuple(skipped), left, silent)


def claimed(rule: Rule, upgrade: Upgrade) -> Mapping[ResourceId, frozenset[Path]]:
    """The changed paths that ``rule`` by itself explains, by object, noise left out; none where it lacks an input."""
    if rule.last is not None or not all(_AVAILABLE[need](upgrade) for need in rule.needs):
        return {}
    by_place = {_key(change): change for change in upgrade.diff.changes}
    claims: dict[ResourceId, dict[Path, bool]] = {}
    for hit in _hits(rule, upgrade):
        for claim in _claims(hit, by_place):
            known = claims.setdefault(claim.id, {})
            known[claim.path] = claim.alone and known.get(claim.path, True)
    return {
        change.id: frozenset(field.path for field in change.fields if not field.noise and _explained(field.path, own))
        for change in upgrade.diff.changes
        if (own := claims.get(change.id))
    }


_AVAILABLE: dict[Need, Callable[[Upgrade], bool]] = {
    Need.TARGET: lambda upgrade: upgrade.facts.target is not None,
    Need.LIVE: lambda upgrade: upgrade.facts.live is not None,
    Need.REPOSITORY: lambda upgrade: upgrade.facts.repository_after is not None,
    Need.CHART: lambda upgrade: upgrade.before.chart is not None and upgrade.after.chart is not None,
    Need.SECOND_RENDER: lambda upgrade: upgrade.after.notes.volatile is not None,
    Need.OVERLAY: lambda upgrade: all(s.notes.overlaid is not None or not s.overlay for s in _sides(upgrade)),
}


def _sides(upgrade: Upgrade) -> tuple[Side, Side]:
    return upgrade.before, upgrade.after


def _hits(rule: Rule, upgrade: Upgrade) -> Iterator[Hit]:
    if rule.whole is not None:
        yield from rule.whole(upgrade)
    if rule.each is not None:
        for change in upgrade.diff.changes:
            if not rule.kinds or change.id.kind in rule.kinds:
                yield from rule.each(change, upgrade)


def _finding(rule: Rule, hit: Hit, upgrade: Upgrade) -> Finding:
    return Finding(
        rule=rule.id,
        category=rule.category,
        severity=rule.severity if hit.severity is None else hit.severity,
        confidence=hit.confidence or rule.confidence,
        release=upgrade.release,
        environment=upgrade.environment,
        place=hit.place,
        title=hit.title,
        impact=hit.impact,
        fix=hit.fix,
        also=hit.also,
        alike=hit.alike,
        evidence=hit.evidence,
        commands=hit.commands,
    )


def _claims(hit: Hit, changes: Mapping[tuple[str, str, str, str], ResourceChange]) -> Iterator[Claim]:
    if hit.claims:
        yield from hit.claims
        return
    for place in (hit.place, *hit.also):
        change = changes.get((place.resource.kind, place.resource.namespace, place.resource.name, place.resource.group))
        if change is not None:
            orders = (field.path for field in change.fields if field.op is Op.REORDERED)
            yield Claim(change.id, place.path, place.path in orders)


def _key(change: ResourceChange) -> tuple[str, str, str, str]:
    return (change.id.kind, change.id.namespace, change.id.name, change.resource.group)


def _unclaimed(change: ResourceChange, claimed: Mapping[Path, bool]) -> tuple[int, ...]:
    if change.action in (Action.ADDED, Action.REMOVED):
        return () if claimed else (-1,)
    return tuple(
        index for index, field in enumerate(change.fields) if not field.noise and not _explained(field.path, claimed)
    )


def _explained(path: Path, claimed: Mapping[Path, bool]) -> bool:
    return path in claimed or any(not claimed.get(path[:length], True) for length in range(len(path)))


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return (-finding.severity, finding.rule, str(finding.place), finding.title)
