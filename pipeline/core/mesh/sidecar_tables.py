"""The route tables of a sidecar: one of each HTTP port, with a virtual host of each service and of each other host.

istio/istio: pilot/pkg/networking/core/httproute.go (BuildSidecarOutboundVirtualHosts), core/route/route.go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.core.mesh.clusters import cluster_name
from pipeline.core.mesh.envoy import PASSTHROUGH, EnvoyRoute, RouteTable, VirtualHost, WeightedCluster
from pipeline.core.mesh.hosts import alternatives, for_domain, is_wildcard, matches
from pipeline.core.mesh.http_routes import RoutedProxy, destination_cluster, http_routes
from pipeline.core.mesh.mesh_services import UNSPECIFIED, MeshService, Resolution
from pipeline.core.mesh.protocols import Protocol
from pipeline.core.mesh.proxy_scope import Egress, ProxyScope
from pipeline.core.mesh.sidecar_listeners import TableRequest
from pipeline.core.mesh.virtual_services import VirtualService

_HTTP_PORT = 80
_BLOCKED = 502


@dataclass(frozen=True, slots=True)
class _Group:
    """Routes of one port, and the hosts that share them: services, and hosts that no service has."""

    port: int
    hosts: tuple[str, ...]
    services: tuple[MeshService, ...]
    routes: tuple[EnvoyRoute, ...]


def sidecar_table(request: TableRequest, scope: ProxyScope, proxy: RoutedProxy) -> RouteTable:
    """``proxy`` is as it is on the port; its lookup is replaced by the services of that port."""
    egress = request.egress
    listened = 0 if egress.listener.protocol is Protocol.HTTP_PROXY else request.port
    services = dict[str, MeshService]()
    for service in egress.services:
        port = service.port(listened) if listened else None
        if port is not None or not listened:
            services[service.host] = replace(service, ports=(port,)) if port else service
    proxy = replace(proxy, port=listened, lookup=services.get)
    groups = list(_groups(egress, services, proxy, listened))
    hosts = list(_virtual_hosts(groups, listened, scope.namespace))
    if request.sniffed:
        hosts = _of_service(hosts, request.sniffed, request.name)
    else:
        hosts.append(_catch_all(scope, proxy))
    return RouteTable(request.name, tuple(sorted(hosts, key=lambda host: host.name)))


def _groups(egress: Egress, services: Mapping[str, MeshService], proxy: RoutedProxy, listened: int) -> Iterator[_Group]:
    routed = egress.virtual_services
    if listened != _HTTP_PORT:
        routed = tuple(virtual_service for virtual_service in routed if _concerns(virtual_service, services))
    left = dict(services)
    for service in routed:
        for group in _of_virtual_service(service, services, proxy, egress.owners):
            yield group
            for one in group.services:
                left.pop(one.host, None)
    for one in left.values():
        if one.resolution is Resolution.ALIAS:
            continue
        for port in one.ports:
            if port.protocol.is_routed:
                route = default_route(cluster_name(one.host, port.number), proxy.retries)
                yield _Group(port.number, (), (one,), (route,))


def default_route(cluster: str, retries: int) -> EnvoyRoute:
    """Of a service that no VirtualService names."""
    to = (WeightedCluster(cluster),)
    return EnvoyRoute({"prefix": "/"}, "default", to, timeout="0s", retries=retries or None)


def _concerns(service: VirtualService, services: Mapping[str, MeshService]) -> bool:
    wild = [host for host in services if is_wildcard(host)]
    return any(
        host in services or any(matches(host, known) for known in (services if is_wildcard(host) else wild))
        for host in map(str.lower, service.hosts)
    )


def _of_virtual_service(
    service: VirtualService, services: Mapping[str, MeshService], proxy: RoutedProxy, owners: Mapping[str, str]
) -> Iterator[_Group]:
    routes = http_routes(service, proxy)
    if not routes:
        return
    others, services_there = _split(service, services, owners)
    if service.from_gateway_api:
        near = service.namespace in (proxy.namespace, *(service_there.namespace for service_there in services_there))
        if not services_there or not near:
            return
    by_port: dict[int, list[MeshService]] = {}
    for one in services_there:
        for port in one.ports:
            if port.protocol.is_routed:
                by_port.setdefault(port.number, []).append(one)
    if not by_port and proxy.port == _HTTP_PORT:
        by_port[_HTTP_PORT] = []
    for number, those in by_port.items():
        yield _Group(number, tuple(others), tuple(those), routes)


def _split(
    service: VirtualService, services: Mapping[str, MeshService], owners: Mapping[str, str]
) -> tuple[list[str], list[MeshService]]:
    """The hosts that no service has, and the services of the others."""
    others, services_there, wild = list[str](), list[MeshService](), list[str]()
    for host in service.hosts:
        if is_wildcard(host):
            wild.append(host.lower())
        elif host.lower() in services:
            services_there.append(services[host.lower()])
        else:
            others.append(host)
    for host in wild:
        fitting = [] if service.from_gateway_api else [one for one in services.values() if matches(one.host, host)]
        services_there += [one for one in fitting if owners.get(one.host) == service.key]
        if not fitting:
            others.append(host)
    return others, services_there


def _virtual_hosts(groups: list[_Group], listened: int, namespace: str) -> Iterator[VirtualHost]:
    """Each name and each domain once: the first that asks for it has it."""
    known = {service.host for group in groups for service in group.services}
    names, taken = set[str](), set[str]()
    for group in groups:
        port = 0 if listened else group.port
        asked = [(name, [for_domain(name)], set[str]()) for name in group.hosts]
        asked += [(service.host, *domains_of(service, port, namespace)) for service in group.services]
        for host, domains, made in asked:
            name = f"{for_domain(host)}:{group.port}"
            if name in names:
                continue
            names.add(name)
            left = [
                domain for domain in domains if domain.lower() not in taken and not (domain in made and domain in known)
            ]
            taken.update(domain.lower() for domain in left)
            if not listened and group.port != _HTTP_PORT:
                left = [domain for domain in left if ":" in domain]
            if left:
                yield VirtualHost(name, tuple(dict.fromkeys(left)), group.routes)


def domains_of(service: MeshService, port: int, namespace: str) -> tuple[list[str], set[str]]:
    """All names by which a client in ``namespace`` asks for a service, and which of them are made from its host.

    ``port`` is 0 where the port of the Host header does not matter.
    """
    domains, made = list[str](), set[str]()
    for name in (service.host, *service.aliases):
        others = alternatives(name, namespace)
        made.update(others)
        domains += [for_domain(name), *others]
    if service.resolution is Resolution.PASSTHROUGH and service.is_kubernetes:
        domains += [f"*.{name}" for name in domains]
    if service.address not in (UNSPECIFIED, f"{service.name}.{service.namespace}"):
        domains.append(for_domain(service.address))
    if port:
        domains = [name for domain in domains for name in (domain, f"{domain}:{port}")]
    return domains, made


def _of_service(hosts: list[VirtualHost], service: str, name: str) -> list[VirtualHost]:
    """Of a listener that is for one service alone: its virtual host takes every Host header."""
    virtual_hosts = [host for host in hosts if service in host.domains or name in host.domains]
    return [replace(virtual_hosts[0], domains=("*",))] if len(virtual_hosts) == 1 else virtual_hosts


def _catch_all(scope: ProxyScope, proxy: RoutedProxy) -> VirtualHost:
    """What becomes of requests for hosts that nobody knows."""
    match = {"prefix": "/"}
    if not scope.allows_any:
        route = EnvoyRoute(match, "block_all", direct_response={"status": _BLOCKED})
        return VirtualHost("block_all", ("*",), (route,))
    to = PASSTHROUGH
    if scope.egress_proxy:
        to = destination_cluster(scope.egress_proxy, replace(proxy, port=0, lookup=lambda _: None))
    route = EnvoyRoute(match, "allow_any", (WeightedCluster(to),), timeout="0s")
    return VirtualHost("allow_any", ("*",), (route,))
