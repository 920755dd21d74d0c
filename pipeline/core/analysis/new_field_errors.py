"""What the target's API server newly rejects in built-in objects after an upgrade: each fact once."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.kube.apis import lookup
from pipeline.core.kube.field_check import Fault, FieldComplaint, complaints
from pipeline.core.kube.fields import bounds
from pipeline.core.kube.resource import Resource
from pipeline.core.memo import once
from pipeline.core.risk.finding import Confidence, Place, Severity
from pipeline.core.risk.rule import place
from pipeline.core.risk.upgrade import Upgrade

Fact = tuple[Fault, str, str, str]
_TOLD = 50


@dataclass(frozen=True, slots=True)
class News:
    """One fact: a fault in a field of a type, with every place of it, in the order of the objects.

    ``certain`` says that the server refuses it for sure: the target was stated, or no minor of the table takes it.
    """

    complaint: FieldComplaint
    resource: Resource
    places: tuple[Place, ...]
    certain: bool

    @property
    def severity(self) -> Severity | None:
        """The rule's own where it is certain. Where no one said what the cluster runs, no more than a note."""
        return None if self.certain else Severity.LOW

    @property
    def confidence(self) -> Confidence | None:
        return None if self.certain else Confidence.LIKELY


@once
def news(upgrade: Upgrade) -> tuple[News, ...]:
    """What the objects that are new or changed have wrong, and did not have wrong before."""
    minor = upgrade.facts.target[1] if upgrade.facts.target else -1
    oldest, newest = bounds()
    if not oldest <= minor <= newest:
        return ()
    facts: dict[Fact, list[tuple[Resource, FieldComplaint]]] = {}
    past = max(oldest, upgrade.facts.minor_before)
    for before, after in _pairs(upgrade):
        for complaint in _fresh(before, after, past, minor):
            fact = (complaint.fault, complaint.type, complaint.field, complaint.wanted)
            facts.setdefault(fact, []).append((after, complaint))
    return tuple(_news(complained, stated=upgrade.facts.target_stated) for _, complained in sorted(facts.items()))


def _pairs(upgrade: Upgrade) -> Iterator[tuple[Resource | None, Resource]]:
    """What is new or edited, with its old side; then, where the target is another version, all that stays as it is."""
    changed = set()
    for change in upgrade.diff.changes:
        if change.after is not None:
            changed.add(change.after.id)
            yield change.before, change.after
    if upgrade.facts.target_before is not None:
        yield from (
            (resource, resource) for resource in upgrade.after.manifests.resources if resource.id not in changed
        )


def _fresh(before: Resource | None, after: Resource, past: int, minor: int) -> list[FieldComplaint]:
    """What is wrong with one object and was not; the server refuses it for the first, so that not all need be told.

    ``past`` is the minor of Kubernetes 1 that the old side met.
    """
    faults = complaints(after, minor)
    if not faults:
        return []
    known = {(old.fault, old.where) for old in (complaints(before, past) if before is not None else ())}
    return [fault for fault in faults if (fault.fault, fault.where) not in known][:_TOLD]


def _news(complained: list[tuple[Resource, FieldComplaint]], *, stated: bool) -> News:
    resource, first = complained[0]
    certain = stated or all(_never_taken(*complaint) for complaint in complained)
    return News(first, resource, tuple(place(r, complaint.path) for r, complaint in complained), certain)


def _never_taken(resource: Resource, complaint: FieldComplaint) -> bool:
    """Whether every minor that serves the kind refuses the same."""
    api = lookup(resource.group, resource.version, resource.kind)
    oldest, newest = bounds()
    return all(
        (complaint.fault, complaint.where) in {(one.fault, one.where) for one in complaints(resource, minor)}
        for minor in range(oldest, newest + 1)
        if api is not None and api.exists(minor)
    )
