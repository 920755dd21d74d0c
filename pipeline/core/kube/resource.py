"""A Kubernetes object, and its identity across versions."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

Body: TypeAlias = dict[str, Any]
"""One object as JSON: str keys, and str, int, float, bool, None, list or dict values. Never mutated once built."""

CRD_KIND = "CustomResourceDefinition"
CHART_FILE = "ChartFile"
"""The kind of what lives in the chart rather than in a manifest: its name is the path in the archive."""

_MORE = "_"
"""Between a ``generateName`` and its number: no name has it, and in a path it comes after the end of the name."""

# Built-in kinds that moved between groups are the same stored object (KEP-1693 and the 1.16 removals), so an upgrade
# from extensions/v1beta1 to apps/v1 is an edit. CRD groups never merge.
_MOVED = {
    "Deployment": "apps",
    "DaemonSet": "apps",
    "ReplicaSet": "apps",
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
    "PodSecurityPolicy": "policy",
}


class Delivery(StrEnum):
    """How a chart hands an object over, which decides what Helm and a prune do with it later."""

    TEMPLATE = "template"
    CRDS_DIR = "crds"
    HOOK = "hook"


@dataclass(frozen=True, slots=True, order=True)
class ResourceId:
    """Who an object is, whatever version it is written in. ``namespace`` is empty for cluster-scoped objects."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.kind}.{self.group}" if self.group else self.kind
        return f"{kind} {self.namespace}/{self.name}" if self.namespace else f"{kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One object of a render: identity, the body as rendered, and where it came from.

    ``group`` is the group as written (``id.group`` is the family it is stored under). ``source`` is the template's
    path inside the chart (``istiod/templates/deployment.yaml``), empty where unknown.
    """

    id: ResourceId
    group: str
    version: str
    body: Body = field(hash=False)
    source: str = ""
    delivery: Delivery = Delivery.TEMPLATE
    release: str = ""

    @property
    def kind(self) -> str:
        return self.id.kind

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def metadata(self) -> Mapping[str, Any]:
        return mapping(self.body.get("metadata"))

    @property
    def annotations(self) -> Mapping[str, Any]:
        return mapping(self.metadata.get("annotations"))

    @property
    def labels(self) -> Mapping[str, Any]:
        return mapping(self.metadata.get("labels"))

    @property
    def is_named_by_server(self) -> bool:
        """Whether it has a ``generateName`` and no name: each time that it is created, it is another object."""
        return not self.metadata.get("name") and bool(self.metadata.get("generateName"))

    @classmethod
    def of(
        cls, body: Body, *, source: str = "", delivery: Delivery = Delivery.TEMPLATE, release: str = ""
    ) -> "Resource":
        """Read identity from the body. Missing fields become empty strings; scope is not judged here.

        An object that the API server is to name is called by its ``generateName``, which ends as no name may.
        """
        group, _, version = str(body.get("apiVersion") or "").rpartition("/")
        kind = str(body.get("kind") or "")
        meta = mapping(body.get("metadata"))
        family = _MOVED.get(kind, group) if group in ("extensions", "apps", "policy") else group
        rid = ResourceId(family, kind, str(meta.get("namespace") or ""), _name(meta))
        return cls(rid, group, version, body, source, delivery, release)

    def with_body(self, body: Body) -> "Resource":
        """The same origin with another body; identity is read again."""
        fresh = Resource.of(body)
        rid = fresh.id
        if self.is_named_by_server and self.id.name.startswith(f"{rid.name}{_MORE}"):
            rid = replace(rid, name=self.id.name)
        return replace(self, id=rid, group=fresh.group, version=fresh.version, body=body)


@dataclass(frozen=True, slots=True)
class ManifestSet:
    """One render: each identity once, in the order given. ``duplicates`` holds later documents of a taken identity."""

    resources: tuple[Resource, ...] = ()
    duplicates: tuple[Resource, ...] = ()

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "ManifestSet":
        """Keep the last of each identity, as ``kubectl apply`` would, and remember that there were more.

        Of objects that the API server is to name, each is kept: the second of ``before-`` is ``before-_2``.
        """
        seen: dict[ResourceId, Resource] = {}
        doubles: list[Resource] = []
        for resource in resources:
            if resource.is_named_by_server:
                resource = _numbered(resource, seen)  # noqa: PLW2901 - the same object under another identity
            if resource.id in seen:
                doubles.append(seen[resource.id])
            seen[resource.id] = resource
        return cls(tuple(seen.values()), tuple(doubles))

    @property
    def identities(self) -> tuple[ResourceId, ...]:
        """Of its objects, in their order."""
        return tuple(resource.id for resource in self.resources)

    @property
    def has_server_names(self) -> bool:
        """Whether the API server names one of them."""
        return any(resource.is_named_by_server for resource in self.resources)

    def picked(self, wanted: AbstractSet[ResourceId]) -> Iterator[Resource]:
        """Those of ``wanted``, in their order."""
        return (resource for resource in self.resources if resource.id in wanted)

    def by_id(self) -> dict[ResourceId, Resource]:
        return {resource.id: resource for resource in self.resources}

    def of_kind(self, kind: str, group: str | None = None) -> Iterator[Resource]:
        return (r for r in self.resources if r.id.kind == kind and (group is None or r.id.group == group))


def _name(metadata: Mapping[str, Any]) -> str:
    return str(metadata.get("name") or metadata.get("generateName") or "")


def _numbered(resource: Resource, seen: Mapping[ResourceId, Resource]) -> Resource:
    rid, number = replace(resource.id, name=_name(resource.metadata)), 1
    while (numbered := rid if number == 1 else replace(rid, name=f"{rid.name}{_MORE}{number}")) in seen:
        number += 1
    return replace(resource, id=numbered)


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` where it is a map, else an empty one: rendered YAML holds null where people left a key empty."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """``value`` where it is a list, else an empty one."""
    return value if isinstance(value, list) else []
