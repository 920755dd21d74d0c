"""What the other releases of an environment render to, for each of its releases in turn."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property

import orjson

from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.kind_index import by_kind
from pipeline.core.kube.lazy_manifests import LazyManifests
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.reads import EVERYTHING, KINDS, KindRead, read


class OtherReleases:
    """Of one side (``before``, ``after``): the answers of ``ManifestSet.of``, and no look at what nobody asks for."""

    def __init__(self, snapshot: Snapshot, side: str = "after") -> None:
        made: dict[str, dict[ReleaseKey, ManifestSet]] = {}
        for key, release in snapshot.releases.items():
            made.setdefault(key.environment, {})[key] = release.side.manifests
        self._of = {name: _Environment(side, releases) for name, releases in made.items() if name}
        self._nobody = _Environment(side, {})

    def manifests(self, key: ReleaseKey) -> ManifestSet | None:
        """What every other release of the same environment renders to; None where there is no repository."""
        return LazyManifests(_Others(self._of.get(key.environment, self._nobody), key)) if key.environment else None

    def ids(self, key: ReleaseKey) -> frozenset[ResourceId]:
        """The identities of ``manifests(key)``."""
        return self._of.get(key.environment, self._nobody).ids_without(key) if key.environment else frozenset()


def unchanged_environments(old: Snapshot, new: Snapshot) -> frozenset[str]:
    """Those whose releases, all of them, hold the same objects before and after."""
    changed = {key.environment for key in {*old.errors, *new.errors}}
    for key in old.releases.keys() | new.releases.keys():
        before, after = old.releases.get(key), new.releases.get(key)
        if key.environment not in changed and (before is None or after is None or not _same(before, after)):
            changed.add(key.environment)
    return frozenset(key.environment for key in new.releases) - changed


def _same(before: ReleaseSide, after: ReleaseSide) -> bool:
    olds, news = before.side.manifests, after.side.manifests
    if before.namespace != after.namespace or olds.identities != news.identities:
        return False
    if olds is news and isinstance(olds, LazyManifests):
        return True  # each identity once
    return not olds.duplicates and not news.duplicates and all(map(_is, olds.resources, news.resources))


def _is(old: Resource, new: Resource) -> bool:
    """To the letter: to Python, 1 and true are equal. The same text was parsed once, mostly."""
    if (old.id, old.group, old.source, old.delivery) != (new.id, new.group, new.source, new.delivery):
        return False
    return old.body is new.body or orjson.dumps(old.body) == orjson.dumps(new.body)


@dataclass(frozen=True)
class _Environment:
    side: str
    made: Mapping[ReleaseKey, ManifestSet]
    _by_kind: dict[str, list[tuple[ReleaseKey, list[Resource]]]] = field(default_factory=dict)
    """What was asked for until now."""

    @cached_property
    def shared(self) -> frozenset[ResourceId]:
        """Those that more than one release renders."""
        times = Counter(identity for manifests in self.made.values() for identity in manifests.identities)
        return frozenset(rid for rid, count in times.items() if count > 1)

    @cached_property
    def ids(self) -> frozenset[ResourceId]:
        return frozenset(identity for manifests in self.made.values() for identity in manifests.identities)

    @cached_property
    def numbered(self) -> bool:
        """Whether the API server names one: whoever comes second gets a number."""
        return any(manifests.has_server_names for manifests in self.made.values())

    @cached_property
    def users(self) -> Mapping[str, Mapping[ReleaseKey, Mapping[str, list[Resource]]]]:
        """By kind: the releases that have an object of it, with all of their kinds."""
        users_of = defaultdict[str, dict[ReleaseKey, Mapping[str, list[Resource]]]](dict)
        for key, manifests in self.made.items():
            kinds = by_kind(manifests)
            for kind in kinds:
                users_of[kind][key] = kinds
        return dict(users_of)

    def of_kind(self, kind: str, key: ReleaseKey) -> list[Resource]:
        """Those of every release but ``key``, as ``ManifestSet.of`` keeps them."""
        if kind not in self._by_kind:
            self._by_kind[kind] = [(one, kinds[kind]) for one, kinds in self.users.get(kind, {}).items()]
        resources = [one for other, several in self._by_kind[kind] if other != key for one in several]
        if self.numbered or any(resource.id in self.shared for resource in resources):
            return list(ManifestSet.of(resources).resources)
        return resources

    @cached_property
    def places(self) -> Mapping[ResourceId, list[tuple[int, ReleaseKey]]]:
        """Of each identity the releases that render it, and the number of the object among all."""
        places = defaultdict[ResourceId, list[tuple[int, ReleaseKey]]](list)
        every = ((key, rid) for key, manifests in self.made.items() for rid in manifests.identities)
        for number, (key, rid) in enumerate(every):
            places[rid].append((number, key))
        return dict(places)

    def picked(self, wanted: Iterable[ResourceId], key: ReleaseKey) -> Iterator[Resource]:
        """As ``ManifestSet.of`` keeps them: the last of an identity, in the place of the first."""
        rows = []
        for rid in wanted:
            others = [(number, other) for number, other in self.places.get(rid, ()) if other != key]
            if others:
                rows.append((others[0][0], others[-1][1], rid))
        return (one for _, other, rid in sorted(rows) for one in self.made[other].picked({rid}))

    def ids_without(self, key: ReleaseKey) -> frozenset[ResourceId]:
        if self.numbered:
            return frozenset(self.whole(key).by_id())
        own = self.made.get(key, ManifestSet()).identities
        return self.ids.difference(rid for rid in own if rid not in self.shared)

    def whole(self, key: ReleaseKey) -> ManifestSet:
        every = (resource for other, manifests in self.made.items() if other != key for resource in manifests.resources)
        return ManifestSet.of(every)


class _Others:
    """What all releases of an environment but one render to. Who looks at it is known to have read it."""

    def __init__(self, environment: _Environment, key: ReleaseKey) -> None:
        self._environment, self._key = environment, key
        self._kinds: dict[str, list[Resource]] = {}
        self._whole: ManifestSet | None = None

    @property
    def identities(self) -> tuple[ResourceId, ...]:
        return tuple(one.id for one in self.everything()[0])

    @property
    def has_server_names(self) -> bool:
        return self._environment.numbered

    def kinds(self) -> Iterable[str]:
        self._read(KINDS)
        return [kind for kind, users in self._environment.users.items() if users.keys() - {self._key}]

    def of_kind(self, kind: str) -> list[Resource]:
        self._read(kind)
        if kind not in self._kinds:
            self._kinds[kind] = self._environment.of_kind(kind, self._key)
        return self._kinds[kind]

    def picked(self, wanted: AbstractSet[ResourceId]) -> Iterator[Resource]:
        kinds = sorted({rid.kind for rid in wanted})
        for kind in kinds:
            self._read(kind)
        if self._environment.numbered:
            return (one for kind in kinds for one in self.of_kind(kind) if one.id in wanted)
        return self._environment.picked(wanted, self._key)

    def everything(self) -> tuple[tuple[Resource, ...], tuple[Resource, ...]]:
        self._read(EVERYTHING)
        if self._whole is None:
            self._whole = self._environment.whole(self._key)
        return self._whole.resources, self._whole.duplicates

    def _read(self, kind: str) -> None:
        read((KindRead(self._environment.side, kind),))
