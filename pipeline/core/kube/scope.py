"""Which kinds are namespaced: built-in kinds, and kinds that the known CRDs define."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.core.kube.apis import built_in_group, scope_of
from pipeline.core.kube.resource import CRD_KIND, Resource, mapping


@dataclass(frozen=True, slots=True)
class Scopes:
    """What is known of kinds that are not built in: ``(group, kind) -> namespaced``."""

    custom: Mapping[tuple[str, str], bool] = field(default_factory=dict, hash=False)

    def namespaced(self, group: str, kind: str) -> bool | None:
        """None where no one says: a custom resource whose CRD is not at hand."""
        built_in = scope_of(group, kind)
        if built_in is not None:
            return built_in
        return True if built_in_group(group) else self.custom.get((group, kind))

    def with_crds(self, resources: Iterable[Resource]) -> "Scopes":
        """These, and what the CRDs among ``resources`` declare."""
        scopes = dict(self.custom)
        for resource in resources:
            if resource.kind != CRD_KIND or resource.id.group != "apiextensions.k8s.io":
                continue
            spec = mapping(resource.body.get("spec"))
            key = (str(spec.get("group") or ""), str(mapping(spec.get("names")).get("kind") or ""))
            scopes[key] = spec.get("scope") != "Cluster"
        return Scopes(scopes)


BUILT_IN = Scopes()
