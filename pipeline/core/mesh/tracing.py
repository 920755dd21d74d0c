"""Where requests go before and after a change: one request through each proxy, or everything about one host."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.core.mesh.envoy import EnvoyListener, ProxyView, WeightedCluster
from pipeline.core.mesh.hosts import CLUSTER_DOMAIN
from pipeline.core.mesh.requests import MeshRequest, TakenRoute, best_host, taken_route
from pipeline.core.mesh.route_words import chain_words, match_words, route_words, short_host
from pipeline.core.mesh.view_changes import host_title

_OUTBOUND = "virtualOutbound"
_NOT_THERE = ""


@dataclass(frozen=True, slots=True)
class TracedRoute:
    """``place`` is a proxy and what of it takes the request; ``old`` and ``new`` are empty where there is no such."""

    proxy: str
    place: str
    old: str
    new: str

    @property
    def changes(self) -> bool:
        return self.old != self.new


_Views = Mapping[str, ProxyView]


def traced_request(old: _Views, new: _Views, request: MeshRequest) -> list[TracedRoute]:
    """Of every proxy of either side: what it does with the request."""
    traced = []
    for proxy in sorted(old.keys() | new.keys()):
        before, after = (_taken(side.get(proxy), request) for side in (old, new))
        place = after[0] or before[0]
        if place:
            traced.append(TracedRoute(proxy, place, before[1], after[1]))
    return traced


def _taken(view: ProxyView | None, request: MeshRequest) -> tuple[str, str]:
    if view is None:
        return _NOT_THERE, _NOT_THERE
    taken = taken_route(view, request)
    if taken is not None:
        return _http(view, taken, request)
    for listener in view.listeners:
        if listener.port == request.port and listener.name != _OUTBOUND:
            chains = [chain_words(chain) for chain in listener.chains if _leads_to(chain.to, request.host, chain.sni)]
            if chains:
                return f"listener {listener.name}", ", ".join(chains)
    through = next((listener for listener in view.listeners if listener.name == _OUTBOUND), None)
    if through is None:
        return _NOT_THERE, _NOT_THERE
    return "no listener for it", "; ".join(chain_words(chain) for chain in through.chains)


def _http(view: ProxyView, taken: TakenRoute, request: MeshRequest) -> tuple[str, str]:
    place = host_title(taken.host)
    if taken.host.requires_tls and request.scheme == "http":
        return place, "redirect to HTTPS"
    if taken.route is None:
        return place, "answer 404 (no route fits)"
    known = frozenset(cluster.name for cluster in view.clusters)
    return f"{match_words(taken.route.match)} on {place}", route_words(taken.route, known)


def _leads_to(to: Iterable[WeightedCluster], host: str, sni: tuple[str, ...]) -> bool:
    if sni:
        return any(name == host or (name.startswith("*") and host.endswith(name[1:])) for name in sni)
    return any(same_host(cluster.cluster.rpartition("|")[2], host) for cluster in to)


def same_host(full: str, given: str) -> bool:
    """Whether ``given`` is a host, or its short form: ``reviews``, ``reviews.shop``, ``reviews.shop.svc``."""
    forms = (full, short_host(full), full.removesuffix(f".{CLUSTER_DOMAIN}"))
    is_service = full.endswith(f".svc.{CLUSTER_DOMAIN}")
    return given in forms or (is_service and given == full.partition(".")[0])


def traced_host(old: _Views, new: _Views, host: str) -> list[TracedRoute]:
    """Who can reach a host, and how: every route, listener and cluster for it, of every proxy of either side."""
    traced: list[TracedRoute] = []
    for proxy in sorted(old.keys() | new.keys()):
        before, after = (dict(_ways(side[proxy], host)) if proxy in side else {} for side in (old, new))
        places = dict.fromkeys((*after, *before))
        traced += [TracedRoute(proxy, place, before.get(place, ""), after.get(place, "")) for place in places]
    return traced


def _ways(view: ProxyView, host: str) -> Iterator[tuple[str, str]]:
    known = frozenset(cluster.name for cluster in view.clusters)
    for table in view.tables:
        chosen = best_host(table, host)
        of_gateway = table.name.startswith(("http.", "https."))
        if chosen is not None and (chosen.domains != ("*",) or of_gateway or same_host(chosen.name[:-1], host)):
            for route in chosen.routes:
                yield f"{match_words(route.match)} on {host_title(chosen)}", route_words(route, known)
    for listener in view.listeners:
        yield from _by_connection(listener, host)


def _by_connection(listener: EnvoyListener, host: str) -> Iterator[tuple[str, str]]:
    for number, chain in enumerate(chain for chain in listener.chains if _leads_to(chain.to, host, chain.sni)):
        place = f"listener {listener.name}" + (f" ({number + 1})" if number else "")
        yield place, chain_words(chain)
