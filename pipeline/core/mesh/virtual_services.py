"""VirtualServices: read, their short names resolved, delegates joined with their roots.

istio/istio: pilot/pkg/model/virtualservice.go.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.mesh.delegates import merged_routes
from pipeline.core.mesh.hosts import MESH_GATEWAY, resolve_gateway, resolve_host
from pipeline.core.mesh.values import NOWHERE, entries, export_to, exported, namespace_of, text, texts

Part = Mapping[str, Any]
"""A route, a match or a destination as the object writes it, with hosts and gateways resolved."""


@dataclass(frozen=True, slots=True)
class VirtualService:
    """``hosts`` and ``gateways`` are full names; ``gateways`` is ``mesh`` where none is named.

    ``from_gateway_api`` marks what stands for an HTTPRoute: prefixes then match whole path segments.
    """

    name: str
    namespace: str
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]
    exports: frozenset[str]
    http: tuple[Part, ...] = field(default=(), hash=False)
    tls: tuple[Part, ...] = field(default=(), hash=False)
    tcp: tuple[Part, ...] = field(default=(), hash=False)
    from_gateway_api: bool = False
    source: ResourceId = NOWHERE

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


def virtual_service(resource: Resource) -> VirtualService:
    """A VirtualService as written; one without hosts is a delegate."""
    spec, namespace = mapping(resource.body.get("spec")), namespace_of(resource)
    gateways = tuple(resolve_gateway(name, namespace) for name in texts(spec.get("gateways")))
    return VirtualService(
        name=resource.id.name,
        namespace=namespace,
        hosts=tuple(resolve_host(host, namespace) for host in texts(spec.get("hosts"))),
        gateways=gateways or (MESH_GATEWAY,),
        exports=export_to(spec),
        http=tuple(_route(route, namespace) for route in entries(spec.get("http"))),
        tls=tuple(_route(route, namespace) for route in entries(spec.get("tls"))),
        tcp=tuple(_route(route, namespace) for route in entries(spec.get("tcp"))),
        source=resource.id,
    )


def _route(route: Part, namespace: str) -> Part:
    resolved = dict(route)
    if "match" in route:
        resolved["match"] = [_match(match, namespace) for match in entries(route["match"])]
    if "route" in route:
        resolved["route"] = [_resolved(entry, namespace) for entry in entries(route["route"])]
    if isinstance(route.get("mirror"), dict):
        resolved["mirror"] = _destination(route["mirror"], namespace)
    if "mirrors" in route:
        resolved["mirrors"] = [_resolved(entry, namespace) for entry in entries(route["mirrors"])]
    return resolved


def _resolved(weighted: Part, namespace: str) -> Part:
    return {**weighted, "destination": _destination(mapping(weighted.get("destination")), namespace)}


def _destination(destination: Part, namespace: str) -> Part:
    return {**destination, "host": resolve_host(text(destination.get("host")), namespace)}


def _match(match: Part, namespace: str) -> Part:
    if "gateways" not in match:
        return match
    return {**match, "gateways": [resolve_gateway(name, namespace) for name in texts(match["gateways"])]}


def joined(services: Iterable[VirtualService], default: frozenset[str] = frozenset({"*"})) -> list[VirtualService]:
    """Without delegates: their routes stand in the roots that name them."""
    ordered = list(services)
    delegates = {service.key: service for service in ordered if not service.hosts}

    def routes_of(root: VirtualService) -> Callable[[Part], Iterable[Part]]:
        def routes_from(delegate: Part) -> Iterable[Part]:
            namespace = text(delegate.get("namespace")) or root.namespace
            chosen = delegates.get(f"{namespace}/{text(delegate.get('name'))}")
            visible = chosen is not None and exported(chosen.exports, chosen.namespace, root.namespace, default)
            return chosen.http if chosen is not None and visible else ()

        return routes_from

    rooted = [service for service in ordered if service.hosts]
    return [
        replace(one, http=tuple(merged_routes(one.http, routes_of(one)))) if _is_root(one) else one for one in rooted
    ]


def _is_root(service: VirtualService) -> bool:
    return any(isinstance(route.get("delegate"), dict) for route in service.http)
