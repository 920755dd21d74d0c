"""All objects that are known on one side of an upgrade, so that a rule looks at the few that it asks for.

In a repository of a hundred releases each release is judged beside all the others: what walks all objects, for every
rule and release, takes longer than everything else.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pipeline.core.kube.kind_index import by_kind
from pipeline.core.kube.lazy_manifests import LazyKinds
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.memo import once
from pipeline.core.risk.upgrade import Upgrade

_NONE: Mapping[str, list[Resource]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class KnownObjects:
    """What the release renders, and what the rest of the repository does, by kind."""

    own: Mapping[str, list[Resource]]
    others: Mapping[str, list[Resource]]

    def of_kinds(self, *kinds: str) -> Iterator[Resource]:
        """Kind by kind, the release's own first."""
        for kind in kinds:
            yield from self.own.get(kind, ())
            yield from self.others.get(kind, ())

    def among(self, wanted: Collection[ResourceId]) -> dict[ResourceId, Resource]:
        """Those of ``wanted`` that are there. Where the release and another render one identity, it is the other's."""
        ids = frozenset(wanted)
        there = [*_picked(self.own, ids), *_picked(self.others, ids)]
        return {resource.id: resource for resource in sorted(there, key=lambda resource: resource.id.kind)}


def _picked(kinds: Mapping[str, list[Resource]], wanted: frozenset[ResourceId]) -> Iterator[Resource]:
    """Those of ``wanted``. Of what is read when it is asked for, no other is read."""
    if isinstance(kinds, LazyKinds):
        return kinds.picked(wanted)
    several = (kinds.get(kind, ()) for kind in sorted({rid.kind for rid in wanted}))
    return (resource for of_kind in several for resource in of_kind if resource.id in wanted)


class KnownSides(NamedTuple):
    before: KnownObjects
    after: KnownObjects


@once
def known_objects(upgrade: Upgrade) -> KnownSides:
    """Both sides of the upgrade, with the rest of the repository."""
    facts = upgrade.facts
    return KnownSides(
        KnownObjects(by_kind(upgrade.before.manifests), _others(facts.repository_before)),
        KnownObjects(by_kind(upgrade.after.manifests), _others(facts.repository_after)),
    )


def _others(manifests: ManifestSet | None) -> Mapping[str, list[Resource]]:
    return _NONE if manifests is None else by_kind(manifests)
