"""Which object of the chart each object is after an overlay, which may rename objects and move them elsewhere."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId

Same: TypeAlias = Callable[[ResourceId, ResourceId], bool]
"""Whether the first, of the chart, may have become the second."""


def origins(chart: ManifestSet, overlaid: ManifestSet) -> Mapping[ResourceId, Resource]:
    """The chart's object by the identity it has after the overlay, as far as that is beyond doubt.

    The same identity; else the same name in another namespace; else a name with a prefix or suffix.
    """
    of_chart, theirs = chart.by_id(), overlaid.by_id()
    origin_of = {rid: of_chart[rid] for rid in theirs if rid in of_chart}
    left = {rid: resource for rid, resource in of_chart.items() if rid not in theirs}
    new = [rid for rid in theirs if rid not in of_chart]
    for same in (_moved, _renamed):
        for rid in [rid for rid in new if rid not in origin_of]:
            fitting = [old for old in left if same(old, rid)]
            rivals = [other for other in new if other not in origin_of and fitting and same(fitting[0], other)]
            if len(fitting) == 1 and len(rivals) == 1:
                origin_of[rid] = left.pop(fitting[0])
    return origin_of


def _moved(old: ResourceId, new: ResourceId) -> bool:
    return (old.group, old.kind, old.name) == (new.group, new.kind, new.name)


def _renamed(old: ResourceId, new: ResourceId) -> bool:
    return (old.group, old.kind) == (new.group, new.kind) and bool(old.name) and old.name in new.name
