"""What an overlay changes in a chart's output, path by path: recorded with each render, the only place that sees both.

Kustomize reports a patch whose target is missing. It does not report a path that no longer fits: a keyed list entry
that the chart no longer has is created, a selector selects nothing, an index points to another entry.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.diff.change import Op
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId


@dataclass(frozen=True, slots=True)
class Effect:
    """One path that an overlay added, changed or removed; ``()`` is the object as a whole. ``id`` is after it."""

    id: ResourceId
    op: Op
    path: Path = ()


def effects(chart: ManifestSet, overlaid: ManifestSet) -> tuple[Effect, ...]:
    """Every path in which the two differ, in the order of objects and paths. No values: some are secret."""
    found = list(_effects(chart, overlaid))
    return tuple(sorted(found, key=lambda one: (one.id, list(map(str, one.path)), one.op)))


def _effects(chart: ManifestSet, overlaid: ManifestSet) -> Iterator[Effect]:
    from pipeline.core.diff.value_changes import values_of  # noqa: PLC0415 - 10 ms that whoever only reads a tree need not pay

    before, after = chart.by_id(), overlaid.by_id()
    twins = dict(_renamed(chart, overlaid))
    for rid, resource in after.items():
        origin = before.get(rid) or twins.get(rid)
        if origin is None:
            yield Effect(rid, Op.ADDED)
            continue
        for change in values_of(origin.body, resource.body):
            yield Effect(rid, Op.CHANGED if change.op is Op.REORDERED else change.op, change.path)
    taken = {origin.id for origin in twins.values()}
    yield from (Effect(rid, Op.REMOVED) for rid in before if rid not in after and rid not in taken)


def _renamed(chart: ManifestSet, overlaid: ManifestSet) -> Iterator[tuple[ResourceId, Resource]]:
    """What a prefix, a suffix or another namespace made of an object, where that is beyond doubt."""
    mine, theirs = chart.by_id(), overlaid.by_id()
    removed = [resource for rid, resource in mine.items() if rid not in theirs]
    for rid in theirs:
        if rid not in mine:
            fitting = [r for r in removed if (r.id.group, r.id.kind) == (rid.group, rid.kind) and r.id.name in rid.name]
            if len(fitting) == 1:
                removed.remove(fitting[0])
                yield rid, fitting[0]
