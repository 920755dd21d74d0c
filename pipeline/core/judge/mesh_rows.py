"""What an upgrade does to the routes of an Istio mesh: only where a mesh is, and something of it changed.

Sidecars are shown of the namespaces in which something changed; ``pipeline mesh`` shows those of all.
"""

from collections.abc import Iterable, Iterator

from pipeline.core.judge.mesh_entry import MeshEntry
from pipeline.core.judge.report import ReleaseChange
from pipeline.core.judge.snapshot import Snapshot
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.api_groups import GATEWAY_API, NETWORKING, SECURITY
from pipeline.core.mesh.envoy import ProxyView
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.proxies import SIDECAR, proxies
from pipeline.core.mesh.values import by_name
from pipeline.core.mesh.view import proxy_view
from pipeline.core.mesh.view_changes import grouped_changes, view_changes

_OF_A_MESH = frozenset({NETWORKING, SECURITY})
_SHAPING = _OF_A_MESH | {GATEWAY_API}
_MOST_SIDECARS = 8


def mesh_rows(old: Snapshot, new: Snapshot, changes: Iterable[ReleaseChange]) -> tuple[MeshEntry, ...]:
    """Of both sides as they are compared, with Secrets masked."""
    changed: dict[str, set[str]] = {}
    for item in changes:
        resource = item.change.resource
        if resource.id.group in _SHAPING or resource.kind == "Service":
            changed.setdefault(item.environment, set()).add(resource.id.namespace or "default")
    return tuple(row for name in sorted(changed) for row in _of_environment(name, (old, new), changed[name]))


def _of_environment(environment: str, sides: tuple[Snapshot, Snapshot], namespaces: set[str]) -> Iterator[MeshEntry]:
    objects = [_objects(side, environment) for side in sides]
    if not any(_has_mesh(resource) for resource in objects):
        return
    views = [_views(resource, namespaces) for resource in objects]
    titles = sorted(views[0].keys() | views[1].keys())
    changes_of = {title: view_changes(views[0].get(title), views[1].get(title)) for title in titles}
    for owners, rows in grouped_changes(changes_of):
        for row in rows:
            yield MeshEntry(environment, owners, str(row.kind), row.subject, *row.words)


def _has_mesh(objects: list[Resource]) -> bool:
    return any(resource.id.group in _SHAPING for resource in objects)


def _objects(side: Snapshot, environment: str) -> list[Resource]:
    releases = [release for key, release in sorted(side.releases.items()) if key.environment == environment]
    return by_name(resource for release in releases for resource in release.side.manifests.resources)


def _views(objects: list[Resource], namespaces: set[str]) -> dict[str, ProxyView]:
    mesh = Mesh.of(objects)
    every = proxies(mesh)
    near = [resource for resource in every if resource.kind == SIDECAR and resource.namespace in namespaces]
    sidecars = near or [resource for resource in every if resource.kind == SIDECAR]
    shown = [*sidecars[:_MOST_SIDECARS], *(resource for resource in every if resource.kind != SIDECAR)]
    return {resource.title: proxy_view(mesh, resource) for resource in shown}
