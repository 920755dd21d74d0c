"""The objects of a render by kind, for whoever asks about a few of very many."""

from collections import defaultdict
from collections.abc import Mapping

from pipeline.core.kube.lazy_manifests import LazyManifests
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.memo import once


def by_kind(manifests: ManifestSet) -> Mapping[str, list[Resource]]:
    """In the render's order."""
    return manifests.kinds if isinstance(manifests, LazyManifests) else _sorted_out(manifests)


@once
def _sorted_out(manifests: ManifestSet) -> Mapping[str, list[Resource]]:
    kinds = defaultdict[str, list[Resource]](list)
    for resource in manifests.resources:
        kinds[resource.id.kind].append(resource)
    return dict(kinds)
