"""A CustomResourceDefinition in the form of apiextensions.k8s.io/v1, wherever in a render it was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pipeline.core.kube.crd_shape import GROUP, in_v1_shape
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import Body, Delivery, Resource, mapping, sequence
from pipeline.core.risk.finding import Place, ResourceRef

KEEP_ANNOTATION = "helm.sh/resource-policy"


@dataclass(frozen=True)  # without slots: what many rules ask of it is kept
class Definition:
    """One CRD. ``body`` is in v1 shape whatever was written; ``resource`` is the object that holds it.

    ``within`` is empty for a CRD that is an object of its own, and the path of the text where it stands in another
    object's data (a ConfigMap that a Job applies).
    """

    name: str
    body: Body = field(hash=False)
    resource: Resource
    within: Path = ()

    @cached_property
    def spec(self) -> Mapping[str, Any]:
        return mapping(self.body.get("spec"))

    @property
    def group(self) -> str:
        return str(self.spec.get("group") or "")

    @property
    def names(self) -> Mapping[str, Any]:
        return mapping(self.spec.get("names"))

    @property
    def kind(self) -> str:
        return str(self.names.get("kind") or "")

    @cached_property
    def versions(self) -> dict[str, Mapping[str, Any]]:
        """Each version's entry by its name, in the order written."""
        entries = (mapping(entry) for entry in sequence(self.spec.get("versions")))
        return {str(entry.get("name") or ""): entry for entry in entries}

    @property
    def served(self) -> frozenset[str]:
        return frozenset(name for name, entry in self.versions.items() if entry.get("served"))

    @property
    def storage_version(self) -> str:
        return next((name for name, entry in self.versions.items() if entry.get("storage")), "")

    @property
    def metadata(self) -> Mapping[str, Any]:
        return mapping(self.body.get("metadata"))

    @property
    def kept(self) -> bool:
        """Whether Helm leaves the CRD alone when its chart no longer has it."""
        return mapping(self.metadata.get("annotations")).get(KEEP_ANNOTATION) == "keep"

    @property
    def delivery(self) -> Delivery:
        return self.resource.delivery

    @property
    def rewritten(self) -> bool:
        """Whether it was written as v1beta1, so that paths in ``body`` are not those of the manifest."""
        return mapping(self.resource.body).get("apiVersion") != f"{GROUP}/v1" if not self.within else False

    def schema(self, version: str) -> Mapping[str, Any]:
        """The OpenAPI schema of a version; empty where it has none."""
        entry = self.versions.get(version, {})
        return mapping(mapping(entry.get("schema")).get("openAPIV3Schema"))

    def place(self, path: Path = ()) -> Place:
        """Where a finding about ``path`` of the CRD points: text inside another object has no finer place."""
        return Place(ResourceRef.of(self.resource), self.within or path)

    def twin(self) -> Resource:
        """The CRD as an object of its own, in v1 shape: what comparisons work on."""
        return replace(Resource.of(self.body), source=self.resource.source, delivery=self.delivery)


def version_path(version: str, *rest: str) -> Path:
    return ("spec", "versions", Entry.of(name=version), *rest)


def schema_path(version: str) -> Path:
    return version_path(version, "schema", "openAPIV3Schema")


def definition(resource: Resource) -> Definition:
    """The CRD that is an object of its own."""
    return Definition(resource.id.name, in_v1_shape(resource.body), resource)
