"""The HTTP routes of a VirtualService as one proxy gets them on one port.

istio/istio: pilot/pkg/networking/core/route/route.go (BuildHTTPRoutesForVirtualService, TranslateRoute).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.clusters import cluster_name
from pipeline.core.mesh.durations import go_text, nanoseconds
from pipeline.core.mesh.envoy import EnvoyRoute, WeightedCluster
from pipeline.core.mesh.mesh_services import MeshService
from pipeline.core.mesh.redirects import direct_response, redirect
from pipeline.core.mesh.rewrites import authority_of, rewrite
from pipeline.core.mesh.route_matches import matches_source, route_match
from pipeline.core.mesh.values import entries, number, text
from pipeline.core.mesh.virtual_services import VirtualService

_Part = Mapping[str, Any]
UNKNOWN = "UnknownService"
_ALONE = 100


@dataclass(frozen=True, slots=True)
class RoutedProxy:
    """For whom routes are built: its labels and namespace, the port, and the gateways that it serves there."""

    namespace: str
    pod: Mapping[str, str] = field(hash=False)
    gateways: frozenset[str]
    port: int
    lookup: Callable[[str], MeshService | None] = field(hash=False)
    ends_tls: bool = False
    retries: int = 2


def http_routes(service: VirtualService, proxy: RoutedProxy) -> tuple[EnvoyRoute, ...]:
    """In the order of the VirtualService, up to the first that takes everything."""
    routes = []
    for route in service.http:
        for translated in _translated(route, service, proxy):
            routes.append(translated)
            if translated.catches_all:
                return tuple(routes)
        if not entries(route.get("match")):
            break
    return tuple(routes)


def _translated(route: _Part, service: VirtualService, proxy: RoutedProxy) -> Iterator[EnvoyRoute]:
    for match in entries(route.get("match")) or (None,):
        wanted = number(match.get("port")) if match else 0
        if wanted and wanted != proxy.port:
            continue
        if matches_source(match, proxy.pod, proxy.gateways, proxy.namespace):
            yield _route(route, match, service, proxy)


def _route(route: _Part, match: _Part | None, service: VirtualService, proxy: RoutedProxy) -> EnvoyRoute:
    name, own = text(route.get("name")), text(match.get("name")) if match else ""
    by_segment = service.from_gateway_api
    common: dict[str, Any] = {
        "match": route_match(match, by_segment=by_segment),
        "name": f"{name}.{own}" if own else name,
        "has_fault": isinstance(route.get("fault"), dict),
        "details": _details(route),
    }
    if isinstance(route.get("redirect"), dict):
        answer = redirect(route["redirect"], proxy.port, ends_tls=proxy.ends_tls, by_segment=by_segment)
        return EnvoyRoute(**common, redirect=answer)
    if isinstance(route.get("directResponse"), dict):
        return EnvoyRoute(**common, direct_response=direct_response(route["directResponse"]))
    return EnvoyRoute(**common, **_forwarded(route, common["match"], service, proxy))


def _forwarded(route: _Part, match: _Part, service: VirtualService, proxy: RoutedProxy) -> dict[str, Any]:
    mirrors = _mirrors(route, proxy)
    targets = entries(route.get("route"))
    alone = targets[0] if len(targets) == 1 else None
    own = authority_of(alone.get("headers")) if alone else ""
    authority = text(mapping(route.get("rewrite")).get("authority")) or authority_of(route.get("headers")) or own
    return {
        "to": tuple(_to(targets, proxy)),
        "timeout": go_text(nanoseconds(route.get("timeout")) or 0),
        "retries": _retries(route, proxy),
        "host_rewrite": authority,
        "mirror": mirrors[0] if mirrors else "",
        **rewrite(route.get("rewrite"), match, by_segment=service.from_gateway_api),
    }


def _to(targets: tuple[_Part, ...], proxy: RoutedProxy) -> Iterator[WeightedCluster]:
    for target in targets:
        cluster = destination_cluster(mapping(target.get("destination")), proxy)
        weight = number(target.get("weight"))
        if len(targets) == 1:
            yield WeightedCluster(cluster, _ALONE)
        elif weight:
            yield WeightedCluster(cluster, weight)


def destination_cluster(destination: _Part, proxy: RoutedProxy) -> str:
    """Of a destination without a port: the only port of its service, else the port on which the request came."""
    host = text(destination.get("host"))
    if not host:
        return UNKNOWN
    service, port = proxy.lookup(host), proxy.port
    given = mapping(destination.get("port"))
    if given:
        port = number(given.get("number"))
    elif service is not None and len(service.ports) == 1:
        port = service.ports[0].number
    named = service.external_name if service is not None and service.external_name else host
    return cluster_name(named, port, text(destination.get("subset")))


def _retries(route: _Part, proxy: RoutedProxy) -> int | None:
    written = route.get("retries")
    return (number(written.get("attempts")) if isinstance(written, dict) else proxy.retries) or None


def _mirrors(route: _Part, proxy: RoutedProxy) -> list[str]:
    clusters = []
    if isinstance(route.get("mirror"), dict) and _share(route) > 0:
        clusters.append(destination_cluster(route["mirror"], proxy))
    for mirror in entries(route.get("mirrors")):
        given = mirror.get("percentage")
        if mapping(mirror.get("destination")) and (not isinstance(given, dict) or _percent(given) > 0):
            clusters.append(destination_cluster(mapping(mirror.get("destination")), proxy))
    return clusters


def _share(route: _Part) -> float:
    if isinstance(route.get("mirrorPercentage"), dict):
        return _percent(route["mirrorPercentage"])
    return number(route["mirrorPercent"]) if route.get("mirrorPercent") is not None else float(_ALONE)


def _percent(given: _Part) -> float:
    value = given.get("value")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _details(route: _Part) -> dict[str, Any]:
    """What else the route says that changes requests, as written."""
    keys = ("headers", "corsPolicy", "fault", "retries", "mirrors", "mirrorPercentage", "mirrorPercent")
    details = {key: route[key] for key in keys if route.get(key) is not None}
    own = [target["headers"] for target in entries(route.get("route")) if target.get("headers")]
    return {**details, "destinationHeaders": own} if own else details
