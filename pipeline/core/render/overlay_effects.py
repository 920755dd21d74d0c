"""What an overlay changes in a chart's output, path by path: recorded with each render, the only place that sees both.

Kustomize reports a patch whose target is missing. It does not report a path that no longer fits: a keyed list entry
that the chart no longer has is created, a selector selects nothing, an index points to another entry.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.core.diff.change import Op
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import ManifestSet, ResourceId
from pipeline.core.render.overlay_origins import origins


@dataclass(frozen=True, slots=True)
class Effect:
    """One path that an overlay added, changed or removed; ``()`` is the object as a whole. ``id`` is after it."""

    id: ResourceId
    op: Op
    path: Path = ()


def effects(chart: ManifestSet, overlaid: ManifestSet) -> tuple[Effect, ...]:
    """Every path in which the two differ, in the order of objects and paths. No values: some are secret."""
    return in_order(_effects(chart, overlaid))


def in_order(several: Iterable[Effect]) -> tuple[Effect, ...]:
    return tuple(sorted(several, key=lambda one: (one.id, list(map(str, one.path)), one.op)))


def _effects(chart: ManifestSet, overlaid: ManifestSet) -> Iterator[Effect]:
    from pipeline.core.diff.value_changes import values_of  # noqa: PLC0415 - 10 ms that whoever only reads a tree need not pay

    came_from = origins(chart, overlaid)
    for resource in overlaid.resources:
        origin = came_from.get(resource.id)
        if origin is None:
            yield Effect(resource.id, Op.ADDED)
            continue
        for change in values_of(origin.body, resource.body):
            if change.op is Op.REMOVED and change.old is None:
                continue  # Kustomize itself drops some nulls: nothing of the overlay's doing
            yield Effect(resource.id, Op.CHANGED if change.op is Op.REORDERED else change.op, change.path)
    taken = {origin.id for origin in came_from.values()}
    yield from (Effect(resource.id, Op.REMOVED) for resource in chart.resources if resource.id not in taken)
