"""Faults of a state that are new in a change: what was wrong before is not this upgrade's doing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.analysis.side_index import SideIndex, sides
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, WholeCheck, place
from pipeline.core.risk.upgrade import Upgrade

_BASE: Mapping[Confidence, Severity] = {}


@dataclass(frozen=True, slots=True)
class StateFault:
    """What is wrong at ``path`` of an object. ``about`` tells it from the object's other faults, on both sides alike.

    ``title`` follows ``VirtualService web``. ``certain`` says that both ends are at hand. ``foreign`` says that the
    other end is often made by somebody else: of a state without a past, as in a first import, nothing is said then.
    """

    resource: Resource
    path: Path
    about: tuple[str, ...]
    title: str
    certain: bool = False
    foreign: bool = False
    is_there: Callable[[SideIndex], bool] | None = None
    """Whether the other end is there on a side: where it was before, the change took it away."""
    unsure: bool = False
    """Whether nothing is said unless the change took the other end away."""


Faults = Callable[[Resource, SideIndex], Iterator[StateFault]]


def new_faults(upgrade: Upgrade, kinds: frozenset[str], find: Faults) -> Iterator[tuple[StateFault, Confidence]]:
    """The faults of the release's own objects of ``kinds`` that are there after the change and were not before.

    They are proven where both ends are at hand, or the other end was; likely where somebody else may make it.
    """
    own = [resource for resource in upgrade.after.manifests.resources if resource.id.kind in kinds]
    if not own:
        return
    before, after = sides(upgrade)
    faults = [fault for resource in own for fault in find(resource, after)]
    if not faults:
        return
    faulty = {fault.resource.id for fault in faults}
    earlier = [resource for resource in upgrade.before.manifests.resources if resource.id in faulty]
    said = {(fault.resource.id, fault.about) for resource in earlier for fault in find(resource, before)}
    for fault in faults:
        key = (fault.resource.id, fault.about)
        if key in said or (fault.foreign and before.is_empty):
            continue
        said.add(key)
        proven = fault.certain or (fault.is_there is not None and fault.is_there(before))
        if proven or not fault.unsure:
            yield fault, Confidence.PROVEN if proven else Confidence.LIKELY


def fault_check(
    kinds: frozenset[str], find: Faults, impact: str, fix: str, grades: Mapping[Confidence, Severity] = _BASE
) -> WholeCheck:
    """A rule about new faults, one finding each. ``grades`` is the severity by confidence, else the rule's own."""

    def check(upgrade: Upgrade) -> Iterator[Hit]:
        for fault, confidence in new_faults(upgrade, kinds, find):
            yield Hit(
                place(fault.resource, fault.path),
                title=f"{fault.resource.kind} {fault.resource.id.name} {fault.title}",
                impact=impact,
                fix=fix,
                severity=grades.get(confidence),
                confidence=confidence,
            )

    return check
