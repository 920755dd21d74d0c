"""What the other releases of an environment render to, for each of its releases in turn."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from pipeline.core.judge.snapshot import ReleaseKey, ReleaseSide, Snapshot
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId

_Run = tuple[tuple[Resource, ...], Resource | None]
"""Objects that no other release renders, and one behind them that another one renders as well."""


class OtherReleases:
    """Of one side: the answers of ``ManifestSet.of`` without looking at each object for each release."""

    def __init__(self, snapshot: Snapshot) -> None:
        made: dict[str, dict[ReleaseKey, tuple[Resource, ...]]] = {}
        for key, release in snapshot.releases.items():
            made.setdefault(key.environment, {})[key] = release.side.manifests.resources
        self._of = {name: _Environment.of(releases) for name, releases in made.items() if name}

    def manifests(self, key: ReleaseKey) -> ManifestSet | None:
        """What every other release of the same environment renders to; None where there is no repository."""
        return self._of.get(key.environment, _NOBODY).without(key) if key.environment else None

    def ids(self, key: ReleaseKey) -> frozenset[ResourceId]:
        """The identities of ``manifests(key)``."""
        return self._of.get(key.environment, _NOBODY).ids_without(key) if key.environment else frozenset()


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
    if len(olds.resources) != len(news.resources) or olds.duplicates or news.duplicates:
        return False
    return before.namespace == after.namespace and all(map(_is, olds.resources, news.resources))


def _is(old: Resource, new: Resource) -> bool:
    """To the letter: to Python, 1 and true are equal. The same text was parsed once, mostly."""
    if (old.id, old.group, old.source, old.delivery) != (new.id, new.group, new.source, new.delivery):
        return False
    return old.body is new.body or orjson.dumps(old.body) == orjson.dumps(new.body)


@dataclass(frozen=True, slots=True)
class _Environment:
    made: Mapping[ReleaseKey, tuple[Resource, ...]]
    runs: Mapping[ReleaseKey, tuple[_Run, ...]]
    ids: frozenset[ResourceId]
    shared: frozenset[ResourceId]
    """Those that more than one release renders."""
    numbered: bool
    """Whether the API server names one: whoever comes second gets a number."""

    @classmethod
    def of(cls, made: Mapping[ReleaseKey, tuple[Resource, ...]]) -> "_Environment":
        times = Counter(resource.id for resources in made.values() for resource in resources)
        shared = frozenset(rid for rid, count in times.items() if count > 1)
        runs = {key: tuple(_runs(resources, shared)) for key, resources in made.items()}
        numbered = any(resource.is_named_by_server for resources in made.values() for resource in resources)
        return cls(made, runs, frozenset(times), shared, numbered)

    def without(self, key: ReleaseKey) -> ManifestSet:
        if self.numbered:
            return ManifestSet.of(
                resource for other, resources in self.made.items() if other != key for resource in resources
            )
        out, doubles, places = list[Resource](), list[Resource](), dict[ResourceId, int]()
        for other, runs in self.runs.items():
            for alone, resource in runs if other != key else ():
                out += alone
                if resource is not None and (place := places.setdefault(resource.id, len(out))) < len(out):
                    doubles.append(out[place])
                    out[place] = resource
                elif resource is not None:
                    out.append(resource)
        return ManifestSet(tuple(out), tuple(doubles))

    def ids_without(self, key: ReleaseKey) -> frozenset[ResourceId]:
        if self.numbered:
            return frozenset(self.without(key).by_id())
        own = (resource.id for resource in self.made.get(key, ()))
        return self.ids.difference(rid for rid in own if rid not in self.shared)


def _runs(resources: tuple[Resource, ...], shared: frozenset[ResourceId]) -> Iterator[_Run]:
    start = 0
    for n, resource in enumerate(resources):
        if resource.id in shared:
            yield resources[start:n], resource
            start = n + 1
    yield resources[start:], None


_NOBODY = _Environment({}, {}, frozenset(), frozenset(), numbered=False)
