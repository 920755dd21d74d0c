"""What a cluster serves, from its two aggregated discovery documents (apidiscovery.k8s.io/v2, KEP-3352)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.kube.resource import Resource, ResourceId, mapping, sequence

ACCEPT = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class Served:
    """One kind in one version. ``plural`` is its name in URLs."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    has_status: bool = False
    """It has a status of its own (a subresource), which a controller may be about to write."""

    @property
    def root(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def collection(self, namespace: str = "") -> str:
        """The URL's path of all objects, or those of one namespace."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{inside}/{self.plural}"

    def path(self, namespace: str, name: str) -> str:
        return f"{self.collection(namespace)}/{name}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """``stale`` groups have an aggregated server that does not answer: what they serve is unknown, not absent."""

    kinds: Mapping[tuple[str, str, str], Served] = field(hash=False)
    """By group, version and kind."""
    preferred: Mapping[tuple[str, str], str] = field(hash=False)
    """The version that the server prefers, by group and kind."""
    stale: frozenset[str] = frozenset()

    def of(self, resource: Resource) -> Served | None:
        """None where that version of the kind is not served."""
        return self.kinds.get((resource.group, resource.version, resource.kind))

    def any_version(self, rid: ResourceId, version: str = "") -> Served | None:
        """The kind in ``version`` if that is served, else in the preferred one: an object is the same in all."""
        exact = self.kinds.get((rid.group, version, rid.kind))
        return exact or self.kinds.get((rid.group, self.preferred.get((rid.group, rid.kind), ""), rid.kind))

    def knows_group(self, group: str) -> bool:
        return any(known == group for known, _ in self.preferred)


def read(*documents: Any) -> Discovery:
    """From the answers to ``/api`` and ``/apis``; the first version of a group is the preferred one."""
    kinds: dict[tuple[str, str, str], Served] = {}
    preferred: dict[tuple[str, str], str] = {}
    stale: set[str] = set()
    for document in documents:
        for item in map(mapping, sequence(mapping(document).get("items"))):
            group = str(mapping(item.get("metadata")).get("name") or "")
            for version in map(mapping, sequence(item.get("versions"))):
                if version.get("freshness") == "Stale":
                    stale.add(group)
                for served in _resources(group, str(version.get("version") or ""), version):
                    kinds[group, served.version, served.kind] = served
                    preferred.setdefault((group, served.kind), served.version)
    return Discovery(kinds, preferred, frozenset(stale))


def _resources(group: str, version: str, data: Mapping[str, Any]) -> Iterator[Served]:
    for entry in map(mapping, sequence(data.get("resources"))):
        kind = str(mapping(entry.get("responseKind")).get("kind") or "")
        plural = str(entry.get("resource") or "")
        if kind and plural:
            verbs = frozenset(map(str, sequence(entry.get("verbs"))))
            parts = {mapping(part).get("subresource") for part in sequence(entry.get("subresources"))}
            yield Served(group, version, kind, plural, entry.get("scope") == "Namespaced", verbs, "status" in parts)
