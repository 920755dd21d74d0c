"""Objects that a render holds twice (``kubectl apply`` keeps the last one), or that have no name of their own."""

from collections.abc import Callable, Iterator, Mapping

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


def named_by_server(manifests: ManifestSet, read: Callable[[], Mapping[str, bytes]]) -> Iterator[str]:
    """``web/templates/a.yaml:4: Job shop/mig- has …``; ``read`` gives the chart's files, below its own folder."""
    named = [resource for resource in manifests.resources if resource.is_named_by_server]
    files = read() if named else {}
    for resource in sorted(named, key=lambda one: (one.source, one.id)):
        text = files.get(resource.source.partition("/")[2], b"")
        lines = (number for number, line in enumerate(text.splitlines(), 1) if b"generateName" in line)
        at = next((f":{number}" for number in lines), "")
        name = str(resource.metadata.get("generateName"))
        place = f"{resource.id.namespace}/" if resource.id.namespace else ""
        what = f"{resource.kind} {place}{name}"
        yield f"{resource.source}{at}: {what} has generateName and no name: a cluster makes another one each time"
