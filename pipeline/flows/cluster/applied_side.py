"""What is applied to a cluster, as a side of a comparison: the applied manifests with the values that are live."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.core.cluster.api.discovery import Served
from pipeline.core.cluster.inventory.inventory import Inventory
from pipeline.core.cluster.plan.live_digest import stripped
from pipeline.core.cluster.plan.live_view import seen_through
from pipeline.core.judge.snapshot import ReleaseSide, Snapshot
from pipeline.core.kube.resource import Body, ManifestSet, Resource, ResourceId
from pipeline.flows.cluster.client import Client
from pipeline.flows.cluster.reading import live
from pipeline.flows.read_rendered import RenderedSnapshot


def as_applied(client: Client, inventory: Inventory, applied: Iterable[RenderedSnapshot]) -> RenderedSnapshot:
    """``applied`` are the releases as they were committed; what is no longer in the cluster is left out."""
    known = list(applied)
    sides = {key: side for rendered in known for key, side in rendered.snapshot.releases.items()}
    inputs = {key: value for rendered in known for key, value in rendered.inputs.items()}
    resources = {resource.id: resource for side in sides.values() for resource in side.side.manifests.resources}
    bodies = live(client, _served(client, inventory, resources))
    seen = {key: _release(side, bodies) for key, side in sides.items()}
    return RenderedSnapshot(Snapshot(f"cluster:{inventory.environment}", seen), inputs)


def _release(release: ReleaseSide, bodies: Mapping[ResourceId, Body]) -> ReleaseSide:
    side = release.side
    return replace(release, side=replace(side, manifests=_through(side.manifests, bodies)))


def _served(client: Client, inventory: Inventory, resources: Mapping[ResourceId, Resource]) -> dict[ResourceId, Served]:
    serves = client.serves
    asked = {rid: serves.any_version(rid, resource.version) for rid, resource in resources.items()}
    return {rid: kind for rid, kind in asked.items() if kind is not None and rid in inventory.entries}


def _through(manifests: ManifestSet, bodies: Mapping[ResourceId, Body]) -> ManifestSet:
    """Hooks stay as they were applied: they do not stay in the cluster."""
    resources = [_seen(resource, bodies) for resource in manifests.resources]
    return replace(manifests, resources=tuple(resource for resource in resources if resource is not None))


def _seen(resource: Resource, bodies: Mapping[ResourceId, Body]) -> Resource | None:
    if resource.delivery == "hook":
        return resource
    body = bodies.get(resource.id)
    return None if body is None else seen_through(resource, stripped(body))
