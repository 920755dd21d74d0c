"""The tls and tcp routes of VirtualServices: which chains of a listener they make.

istio/istio: pilot/pkg/networking/core/tls.go.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.clusters import cluster_name
from pipeline.core.mesh.envoy import FilterChain, WeightedCluster
from pipeline.core.mesh.hosts import matches
from pipeline.core.mesh.http_routes import RoutedProxy, destination_cluster
from pipeline.core.mesh.mesh_services import UNSPECIFIED, MeshService, ServicePort
from pipeline.core.mesh.values import entries, labels, number, text, texts, within
from pipeline.core.mesh.virtual_services import VirtualService

_Part = Mapping[str, Any]


def sidecar_chains(
    service: MeshService,
    port: ServicePort,
    bound: tuple[str, tuple[str, ...]],
    routed: tuple[VirtualService, ...],
    proxy: RoutedProxy,
) -> tuple[FilterChain, ...]:
    """The chains of a port that is not HTTP. ``bound`` is the listener's address, and the ranges of the service."""
    of_kind = [
        virtual_service
        for virtual_service in routed
        if (virtual_service.tls if port.protocol.is_tls else virtual_service.tcp)
    ]
    chosen = [
        virtual_service
        for virtual_service in of_kind
        if any(matches(host, service.host) for host in virtual_service.hosts)
    ]
    if port.protocol.is_tls:
        return tuple(_by_sni(service, bound, chosen, proxy))
    return tuple(_by_range(service, bound[1], chosen, proxy))


def _by_sni(
    service: MeshService, bound: tuple[str, tuple[str, ...]], chosen: list[VirtualService], proxy: RoutedProxy
) -> Iterator[FilterChain]:
    address, ranges = bound
    handled: set[tuple[tuple[str, ...], tuple[str, ...]]] = set()
    for route in (route for virtual_service in chosen for route in virtual_service.tls):
        for match in entries(route.get("match")):
            if not applies(match, proxy):
                continue
            ranges = texts(match.get("destinationSubnets")) or ranges
            key = texts(match.get("sniHosts")), texts(match.get("destinationSubnets"))
            if key not in handled:
                handled.add(key)
                yield FilterChain(forwarded(route, proxy), key[0], ranges)
    if not handled:
        named = bool(ranges) or (service.address == UNSPECIFIED and address == UNSPECIFIED)
        yield FilterChain(_straight(service, proxy.port), (service.host,) if named else (), ranges)


def _by_range(
    service: MeshService, ranges: tuple[str, ...], chosen: list[VirtualService], proxy: RoutedProxy
) -> Iterator[FilterChain]:
    for route in (route for virtual_service in chosen for route in virtual_service.tcp):
        written = entries(route.get("match"))
        applicable = [match for match in written if applies(match, proxy)]
        subnets = [texts(match.get("destinationSubnets")) for match in applicable]
        if not written or any(not subnet for subnet in subnets):
            yield FilterChain(forwarded(route, proxy), (), ranges)
            return
        chosen_ranges = tuple(name for subnet in subnets for name in subnet)
        if chosen_ranges:
            yield FilterChain(forwarded(route, proxy), (), chosen_ranges)
            if sorted(chosen_ranges) == sorted(ranges):
                return
    yield FilterChain(_straight(service, proxy.port), (), ranges)


def _straight(service: MeshService, port: int) -> tuple[WeightedCluster, ...]:
    number_ = service.ports[0].number if len(service.ports) == 1 else port
    return (WeightedCluster(cluster_name(service.host, number_)),)


def forwarded(route: _Part, proxy: RoutedProxy) -> tuple[WeightedCluster, ...]:
    targets = entries(route.get("route"))
    weights = [
        (destination_cluster(mapping(target.get("destination")), proxy), number(target.get("weight")))
        for target in targets
    ]
    if len(weights) == 1:
        return (WeightedCluster(weights[0][0]),)
    return tuple(WeightedCluster(cluster, weight) for cluster, weight in weights if weight)


def applies(match: _Part, proxy: RoutedProxy) -> bool:
    """Whether a match of a tls or tcp route holds for a proxy: gateways, port, labels, namespace."""
    gateways, wanted = texts(match.get("gateways")), number(match.get("port"))
    source = text(match.get("sourceNamespace"))
    return (
        (not gateways or any(name in proxy.gateways for name in gateways))
        and (not wanted or wanted == proxy.port)
        and within(labels(match.get("sourceLabels")), proxy.pod)
        and (not source or source == proxy.namespace)
    )
