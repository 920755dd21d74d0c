"""What of a mesh one sidecar knows: the services and VirtualServices of each egress listener.

istio/istio: pilot/pkg/model/sidecar.go.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.hosts import MESH_GATEWAY, is_wildcard, matches, most_specific, subset_of
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.mesh_services import MeshService
from pipeline.core.mesh.sidecars import EVERYTHING, EgressListener, scope_of
from pipeline.core.mesh.values import entries, exported, number, text
from pipeline.core.mesh.virtual_services import VirtualService


@dataclass(frozen=True, slots=True)
class Egress:
    """``owners`` names, for the host of each service, the VirtualService that matches it most closely."""

    listener: EgressListener
    services: tuple[MeshService, ...]
    virtual_services: tuple[VirtualService, ...]
    owners: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class ProxyScope:
    """``services`` are those of all listeners, and the destinations of their VirtualServices; one of each host."""

    namespace: str
    pod: Mapping[str, str] = field(hash=False)
    egress: tuple[Egress, ...]
    services: tuple[MeshService, ...]
    allows_any: bool = True
    egress_proxy: Mapping[str, Any] = field(default_factory=dict, hash=False)
    ingress: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)


def sidecar_proxy_scope(mesh: Mesh, namespace: str, pod: Mapping[str, str]) -> ProxyScope:
    """Of the sidecars in a namespace whose pods have the labels ``pod``."""
    chosen = scope_of(mesh.sidecars, namespace, pod, mesh.settings.root_namespace)
    egress = tuple(_egress(mesh, listener, namespace) for listener in (chosen.egress if chosen else EVERYTHING))
    imported = ImportedServices()
    for one in egress:
        for service in one.services:
            imported.add(service)
        for routed in one.virtual_services:
            for destination in _destinations(mesh, routed, one.listener, namespace):
                imported.add(destination)
    decided = chosen.allows_any if chosen is not None else None
    return ProxyScope(
        namespace,
        pod,
        egress,
        imported.services,
        mesh.settings.allows_any if decided is None else decided,
        chosen.egress_proxy if chosen else {},
        chosen.ingress if chosen else (),
    )


def gateway_scope(mesh: Mesh, namespace: str, pod: Mapping[str, str]) -> ProxyScope:
    """Of a gateway: everything that is exported to its namespace."""
    imported = ImportedServices()
    for service in mesh.visible_services(namespace):
        imported.add(service)
    return ProxyScope(namespace, pod, (), imported.services)


def _egress(mesh: Mesh, listener: EgressListener, namespace: str) -> Egress:
    hosts: dict[str, list[str]] = {}
    for entry in listener.hosts:
        own, slash, host = entry.partition("/")
        if slash and "/" not in host:
            hosts.setdefault(namespace if own == "." else own, []).append(host)
    everywhere = hosts.get("*", [])
    seen = mesh.virtual_services_of(MESH_GATEWAY, namespace)
    routed = tuple(
        virtual_service
        for virtual_service in seen
        if _takes_routes(virtual_service, hosts.get(virtual_service.namespace, []), everywhere)
    )
    services = tuple(_services(mesh, listener, hosts, namespace))
    return Egress(listener, services, routed, _owners(routed, services))


def _takes_routes(service: VirtualService, own: list[str], everywhere: list[str]) -> bool:
    fits = subset_of if service.from_gateway_api else matches
    return any(fits(host, wanted) for host in service.hosts for wanted in (*own, *everywhere))


def _services(
    mesh: Mesh, listener: EgressListener, hosts: Mapping[str, list[str]], namespace: str
) -> Iterable[MeshService]:
    trimmed_services: list[MeshService] = []
    for service in mesh.visible_services(namespace):
        if any(subset_of(service.host, wanted) for wanted in (*hosts.get(service.namespace, []), *hosts.get("*", []))):
            trimmed = _at_port(service, listener) if listener.matches_port else service
            if trimmed is not None:
                trimmed_services.append(trimmed)
    chosen: dict[str, MeshService] = {}
    for service in trimmed_services:
        known = chosen.get(service.host)
        if (
            known is None
            or service.namespace == namespace
            or (service.is_kubernetes and not known.is_kubernetes and known.namespace != namespace)
        ):
            chosen[service.host] = service
    return (service for service in trimmed_services if chosen[service.host].namespace == service.namespace)


def _at_port(service: MeshService, listener: EgressListener) -> MeshService | None:
    port = service.port(listener.port)
    return replace(service, ports=(port,)) if port else None


def _owners(routed: Iterable[VirtualService], services: Iterable[MeshService]) -> Mapping[str, str]:
    exact: dict[str, str] = {}
    wild: dict[str, str] = {}
    for service in routed:
        for host in service.hosts:
            (wild if is_wildcard(host) else exact).setdefault(host, service.key)
    owner_of = {service.host: most_specific(service.host, exact, wild) for service in services}
    return {host: owner for host, owner in owner_of.items() if owner}


def _destinations(
    mesh: Mesh, routed: VirtualService, listener: EgressListener, namespace: str
) -> Iterable[MeshService]:
    """The services to which its routes lead, also where the egress hosts do not name them."""
    for host, ports in _wanted(routed, namespace).items():
        candidates = {service.namespace: service for service in mesh.by_host(host)}
        default = mesh.settings.service_exports
        visible = sorted(
            name for name, candidate in candidates.items() if exported(candidate.exports or default, name, namespace)
        )
        place = namespace if namespace in candidates else visible[0] if visible else None
        if place is None:
            continue
        service = candidates[place]
        if listener.matches_port:
            trimmed = _at_port(service, listener)
        elif not ports or 0 in ports:
            trimmed = service
        else:
            kept = tuple(port for port in service.ports if port.number in ports)
            trimmed = replace(service, ports=kept) if kept else None
        if trimmed is not None:
            yield trimmed


def _wanted(routed: VirtualService, namespace: str) -> dict[str, set[int]]:
    ports_of: dict[str, set[int]] = {}
    for route in (*routed.http, *routed.tls, *routed.tcp):
        sources = [text(match.get("sourceNamespace")) for match in entries(route.get("match"))]
        if sources and all(source and source != namespace for source in sources):
            continue
        weighted = (*entries(route.get("route")), *entries(route.get("mirrors")))
        targets = [mapping(destination_weight.get("destination")) for destination_weight in weighted]
        for target in (*targets, mapping(route.get("mirror"))):
            host = text(target.get("host"))
            if host:
                ports_of.setdefault(host, set()).add(number(mapping(target.get("port")).get("number")))
    return ports_of


class ImportedServices:
    """Services in the order in which they came, one of each host, as Istio merges them."""

    def __init__(self) -> None:
        self._found: dict[str, MeshService] = {}

    @property
    def services(self) -> tuple[MeshService, ...]:
        return tuple(self._found.values())

    def add(self, service: MeshService) -> None:
        known = self._found.get(service.host)
        if known is None or (service.is_kubernetes and not known.is_kubernetes):
            self._found[service.host] = service
            return
        if known.is_kubernetes and not service.is_kubernetes:
            return
        alike = (
            known.namespace == service.namespace
            and known.resolution == service.resolution
            and known.labels == service.labels
            and known.selector == service.selector
            and known.exports == service.exports
        )
        if alike:
            numbers = {port.number for port in known.ports}
            added = tuple(port for port in service.ports if port.number not in numbers)
            if added:
                self._found[service.host] = replace(known, ports=known.ports + added)
