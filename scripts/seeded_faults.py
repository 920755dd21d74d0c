"""Seeds the fault of every case of every rule into a rendered chart, and says whether exactly that fault is found.

usage: python -m scripts.seeded_faults [CHART.tgz | MANIFESTS.yaml ...]: by default into ``rendered/``.

The objects of a case are laid over the chart's own objects of the same kind, which gives them all that real ones have,
and stand among the rest of the chart. A fault counts as found where the rule reports what its case says, no more and no
less. What other rules say beside it is listed: what they say of the bare case too, its edit asks for.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline import rules
from pipeline.core.diff.compare import compare
from pipeline.core.judge.case_findings import NAMESPACE, RELEASE, upgrade
from pipeline.core.judge.judge import judge
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import CRD_KIND, ManifestSet, Resource, ResourceId
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Finding
from pipeline.core.risk.rule import Case, Rule
from pipeline.core.risk.upgrade import Side, Upgrade

_OF_DONOR = "the chart's own object, over which that of the case is laid, has what it speaks of"
_BESIDE = "in a chart it is so: what the case takes away or adds is used by the chart's other objects"
_PAIRED = "among a chart's objects another one is the most alike, and the difference to that is told"
_FIRST = "of a first import it is silent, and beside a chart nothing is one"
REASONS = {
    "api-default-changed": _OF_DONOR,
    "api-version-unavailable": _OF_DONOR,
    "hook-rendered-as-resource": _OF_DONOR,
    "hook-test-pod": _OF_DONOR,
    "hook-weight-changed": _OF_DONOR,
    "labels-changed": _OF_DONOR,
    "mesh-authz-tightened": _FIRST,
    "mesh-availability-reduced": _OF_DONOR,
    "mesh-destination-missing": _FIRST,
    "mesh-injection-lost": _BESIDE,
    "monitor-selects-nothing": _BESIDE,
    "quota-exceeded": _BESIDE,
    "security-psa-violation": _BESIDE,
    "service-port-added": _PAIRED,
    "service-port-removed": _PAIRED,
    "service-selector-changed": _PAIRED,
    "serviceaccount-renamed": _PAIRED,
    "statefulset-service-missing": _BESIDE,
    "volumes-changed": _PAIRED,
}
"""Why a rule may speak in a chart, and not of the bare case."""


@dataclass(slots=True)
class Seeded:
    """``missed`` are cases whose fault is not found exactly, ``extra`` what others say beside and not of the case."""

    tried: int = 0
    missed: list[str] = field(default_factory=list)
    asked_for: Counter[tuple[str, str]] = field(default_factory=Counter)
    extra: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: set[str] = field(default_factory=set)
    """The rules of which at least one fault is found."""

    @property
    def score(self) -> float:
        return 1 - len(self.missed) / self.tried


def seed_all(chart: ManifestSet, every: Iterable[Rule]) -> Seeded:
    """Every case that speaks, of every rule, in the chart."""
    every, result = tuple(every), Seeded()
    for rule in every:
        for case in rule.cases:
            if case.expect:
                _seed(chart, rule, case, every, result)
    return result


def _seed(chart: ManifestSet, rule: Rule, case: Case, every: tuple[Rule, ...], result: Seeded) -> None:
    bare, beside = upgrade(case), [one for one in every if one.id == rule.id or one.id in case.beside]
    sown = seeded(chart, bare)
    result.tried += 1
    if _said(judge(sown, beside).findings, rule) != case.expect:
        result.missed.append(f"{rule.id}: {case.title}")
        return
    result.found.add(rule.id)
    known = Counter(one.rule for one in judge(bare, every).findings)
    for other, number in Counter(one.rule for one in judge(sown, every).findings).items():
        if other != rule.id:
            result.asked_for[rule.id, other] += min(number, known[other])
            result.extra[rule.id, other] += max(0, number - known[other])


def _said(findings: Iterable[Finding], rule: Rule) -> tuple[tuple[str, str], ...]:
    return tuple((one.severity.label, to_text(one.place.path)) for one in findings if one.rule == rule.id)


def seeded(chart: ManifestSet, bare: Upgrade) -> Upgrade:
    """The upgrade of the case, in the chart: what is not the case's is the same on both sides."""
    own = {one.id for side in (bare.before, bare.after) for one in side.manifests.resources}
    names = {(rid.kind, rid.name) for rid in own}
    rest = [one for one in chart.resources if (one.kind, one.id.name) not in names and one.kind != CRD_KIND]
    donors = _donors(own, rest)
    taken = {donor.id for donor in donors.values()}
    rest = [one for one in rest if one.id not in taken]

    def side(one: Side) -> Side:
        made = [_over(donors.get(each.id), each) for each in one.manifests.resources]
        return replace(one, manifests=ManifestSet.of([*made, *rest]))

    before, after = side(bare.before), side(bare.after)
    return replace(bare, before=before, after=after, diff=compare(before.manifests, after.manifests))


def _donors(own: Iterable[ResourceId], rest: list[Resource]) -> dict[ResourceId, Resource]:
    """For each object of the case another one of the chart, of the same kind."""
    found: dict[ResourceId, Resource] = {}
    for rid in sorted(own):
        used = {donor.id for donor in found.values()}
        alike = (one for one in rest if (one.id.group, one.kind) == (rid.group, rid.kind))
        donor = next((one for one in alike if one.id not in used), None)
        if donor is not None:
            found[rid] = donor
    return found


def _over(donor: Resource | None, own: Resource) -> Resource:
    """The donor's labels, annotations and what its spec has beyond the case's own, which stays as it is."""
    if donor is None:
        return own
    spec = _map(donor.body.get("spec"))
    metadata = {**_map(donor.body.get("metadata")), **_map(own.body.get("metadata"))}
    for key in ("labels", "annotations"):
        both = {**_map(_map(donor.body.get("metadata")).get(key)), **_map(_map(own.body.get("metadata")).get(key))}
        if both:
            metadata[key] = both
    body = {**own.body, "metadata": metadata}
    if spec and isinstance(own.body.get("spec"), dict):
        body["spec"] = {**spec, **own.body["spec"]}
    return replace(own, body=body)


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def manifests(path: Path) -> ManifestSet:
    """A chart is rendered by helm, a folder or a file is read."""
    if path.suffix == ".tgz":
        command = ["helm", "template", RELEASE, str(path), "-n", NAMESPACE, "--kube-version", "1.35.0"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    else:
        files = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        text = "\n---\n".join(file.read_text() for file in files)
    return parse(text, namespace=NAMESPACE, release=RELEASE)


def report(name: str, result: Seeded) -> Iterator[str]:
    yield f"{name}: {result.tried} faults, {len(result.missed)} not found exactly, score {result.score:.3f}"
    yield from (f"  missed  {one}" for one in result.missed)
    for (rule, other), number in sorted((+result.extra).items()):
        yield f"  extra   {rule}: {other} ({number}): {REASONS.get(other, 'no reason is known')}"
    others = Counter(other for _, other in (+result.asked_for).elements())
    yield "  of the bare cases too: " + ", ".join(f"{other} ({number})" for other, number in sorted(others.items()))


if __name__ == "__main__":
    for argument in sys.argv[1:] or ["rendered"]:
        print("\n".join(report(argument, seed_all(manifests(Path(argument)), rules.load()))))
