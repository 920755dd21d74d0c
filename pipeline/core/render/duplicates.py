"""Objects that a render holds twice: ``kubectl apply`` keeps the last one, Helm fails or mixes them."""

from collections.abc import Iterator

from pipeline.core.kube.resource import ManifestSet, Resource


def duplicated(manifests: ManifestSet) -> Iterator[tuple[Resource, Resource]]:
    """Each object that is rendered again later: the first and the last document of it, in the order of identities."""
    last = manifests.by_id()
    for first in sorted(manifests.duplicates, key=lambda resource: resource.id):
        yield first, last[first.id]


def words(first: Resource, last: Resource) -> str:
    """``Service shop/web is rendered more than once: web/templates/a.yaml and web/templates/b.yaml``."""
    if first.source == last.source:
        return f"{first.id} is rendered more than once: twice by {first.source}"
    return f"{first.id} is rendered more than once: {first.source} and {last.source}"
