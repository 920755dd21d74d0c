"""Which of Kubernetes' own API kinds a render uses."""

from collections.abc import Callable, Iterator

from pipeline.core.kube.apis import ApiKind, lookup
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId
from pipeline.core.words import listed

_SHOWN = 3


def uses(manifests: ManifestSet, concerns: Callable[[ApiKind], bool]) -> Iterator[tuple[ApiKind, list[Resource]]]:
    """Each API kind that ``concerns`` takes, with the objects written in it; sorted."""
    resources_of: dict[ApiKind, list[Resource]] = {}
    for resource in manifests.resources:
        api = lookup(resource.group, resource.version, resource.kind)
        if api is not None and concerns(api):
            resources_of.setdefault(api, []).append(resource)
    for api in sorted(resources_of, key=lambda api: (api.group, api.version, api.kind)):
        yield api, sorted(resources_of[api], key=lambda resource: resource.id)


def users(manifests: ManifestSet, api: ApiKind) -> frozenset[ResourceId]:
    """The objects written in one API kind."""
    return frozenset(
        r.id for r in manifests.resources if (r.group, r.version, r.kind) == (api.group, api.version, api.kind)
    )


def naming(resources: list[Resource]) -> str:
    """``Ingress a, Ingress b and 2 more``."""
    return listed((f"{resource.kind} {resource.id.name}" for resource in resources), _SHOWN)
