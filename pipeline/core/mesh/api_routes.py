"""Routes of the Gateway API, as the VirtualServices that stand for them.

All rules for one host at one listener are joined, the most specific first, as the Gateway API asks.
istio/istio: pilot/pkg/config/kube/gateway/conversion.go.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.api_gateways import internal_name
from pipeline.core.mesh.api_rules import RouteName, grpc_rules, http_rules, is_refused, l4_route, rank
from pipeline.core.mesh.gateways import MeshGateway
from pipeline.core.mesh.hosts import MESH_GATEWAY, service_host
from pipeline.core.mesh.values import entries, namespace_of, number, text, texts
from pipeline.core.mesh.virtual_services import Part, VirtualService

_PUBLIC = frozenset({"*"})
_RULES: Mapping[str, tuple[str, Callable[..., Iterable[Part]]]] = {
    "HTTPRoute": ("http", http_rules),
    "GRPCRoute": ("http", grpc_rules),
    "TLSRoute": ("tls", l4_route),
    "TCPRoute": ("tcp", l4_route),
}
ROUTE_KINDS = tuple(_RULES)


def api_virtual_services(
    routes: Iterable[Resource], gateways: Iterable[MeshGateway], grants: Iterable[Resource]
) -> Iterator[VirtualService]:
    """One for each namespace, listener and host (or Service, for routes of the mesh)."""
    known = [api_gateway for api_gateway in gateways if api_gateway.service]
    allowed = _Grants(grants)
    blocks_of: dict[tuple[str, str, str], dict[str, list[Part]]] = {}
    first: dict[tuple[str, str, str], Resource] = {}
    for route in sorted(routes, key=lambda route: (route.id.name, route.id.namespace)):
        spec, own = mapping(route.body.get("spec")), namespace_of(route)
        block, rules_of = _RULES[route.kind]
        names = texts(spec.get("hostnames")) or ("*",)
        name = RouteName(own, route.id.name)
        at_gateways = list(rules_of(spec, name, names, allowed.of(route.kind, own)))
        in_mesh = list(rules_of(spec, name, names, lambda _space, _name: True))
        for gateway, hosts, port in _parents(spec, own, names, known) if not is_refused(spec) else ():
            rules = in_mesh if gateway == MESH_GATEWAY else at_gateways
            for host in hosts:
                key = own, gateway, host
                first.setdefault(key, route)
                blocks_of.setdefault(key, {}).setdefault(block, []).extend(_on_port(rules, port))
    for key, blocks in blocks_of.items():
        own, gateway, host = key
        yield VirtualService(
            name=f"{first[key].id.name}-{gateway.replace('/', '-')}-{host}",
            namespace=own,
            hosts=(host,),
            gateways=(gateway,),
            exports=_PUBLIC,
            http=tuple(sorted(blocks.get("http", ()), key=rank)),
            tls=tuple(blocks.get("tls", ())),
            tcp=tuple(blocks.get("tcp", ())),
            from_gateway_api=True,
            source=first[key].id,
        )


def _parents(
    spec: Mapping[str, Any], own: str, names: tuple[str, ...], gateways: list[MeshGateway]
) -> Iterator[tuple[str, tuple[str, ...], int]]:
    """The gateways to which a route attaches, with its hosts there; a Service as parent is a route of the mesh.

    The port is that of a Service where the route is for one alone, else 0.
    """
    for parent in entries(spec.get("parentRefs")):
        name, space = text(parent.get("name")), text(parent.get("namespace")) or own
        if parent.get("kind", "Gateway") == "Service":
            yield MESH_GATEWAY, (service_host(name, space),), number(parent.get("port"))
            continue
        section, port = text(parent.get("sectionName")), number(parent.get("port"))
        for gateway in gateways:
            of_parent = gateway.namespace == space and gateway.source.name == name
            fits = not section or gateway.name == internal_name(name, section)
            if of_parent and fits and port in (0, gateway.servers[0].port):
                yield gateway.key, names, 0


def _on_port(rules: list[Part], port: int) -> list[Part]:
    if not port:
        return rules
    return [
        {**rule, "match": [{**entry, "port": port} for entry in entries(rule.get("match")) or ({},)]} for rule in rules
    ]


class _Grants:
    """Which routes may lead to Services of other namespaces: those that a ReferenceGrant there allows."""

    def __init__(self, grants: Iterable[Resource]) -> None:
        self._grants = [(namespace_of(grant), mapping(grant.body.get("spec"))) for grant in grants]

    def of(self, kind: str, own: str) -> Callable[[str, str], bool]:
        def allows(space: str, name: str) -> bool:
            return space == own or any(
                where == space and _granted(spec, kind, own, name) for where, spec in self._grants
            )

        return allows


def _granted(spec: Mapping[str, Any], kind: str, own: str, name: str) -> bool:
    comes = any(entry.get("kind") == kind and entry.get("namespace") == own for entry in entries(spec.get("from")))
    return comes and any(
        entry.get("kind") == "Service" and text(entry.get("name")) in ("", name) for entry in entries(spec.get("to"))
    )
