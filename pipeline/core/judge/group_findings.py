"""Groups findings: what a rule reports of several objects in the same words becomes one finding."""

from collections.abc import Iterable
from dataclasses import replace

from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.risk.finding import Finding
from pipeline.core.words import listed

_SHOWN = 3


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """The findings in their order; those that differ in the object's name alone stand where the first of them stood."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for number, finding in enumerate(findings):
        groups.setdefault(_key(finding, number), []).append(finding)
    return [_one(group) if len(group) > 1 else group[0] for group in groups.values()]


def _key(finding: Finding, number: int) -> tuple[object, ...]:
    """Equal for what is said in the same words of other objects of a kind; else its number, which is unique."""
    kind = finding.place.resource.kind
    for subject in _subjects(finding):
        if finding.title.startswith(subject):
            said = finding.title[len(subject) :]
            levels = (finding.severity, finding.confidence)
            return finding.rule, kind, *levels, said, finding.impact, finding.fix
    return (number,)


def _subjects(finding: Finding) -> tuple[str, ...]:
    resource = finding.place.resource
    kinds = (resource.kind, "CRD") if resource.kind == CRD_KIND else (resource.kind,)
    return tuple(f"{kind} {resource.name}" for kind in kinds)


def _one(group: list[Finding]) -> Finding:
    first, *others = group
    names = listed((other.place.resource.name for other in others), _SHOWN)
    return replace(
        first,
        title=f"{first.title} (the same for {names})",
        also=tuple(place for finding in group for place in (finding.place, *finding.also))[1:],
        alike=(*first.alike, *(place for other in others for place in (other.place, *other.alike))),
        evidence=tuple(dict.fromkeys(line for finding in group for line in finding.evidence)),
        commands=tuple(dict.fromkeys(command for finding in group for command in finding.commands)),
    )
