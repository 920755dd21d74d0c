"""What differs between two views of a proxy: clusters, listeners, routes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.core.mesh.envoy import EnvoyCluster, EnvoyRoute, ProxyView, RouteTable, VirtualHost
from pipeline.core.mesh.route_words import cluster_state, listener_state, match_words, route_words, short_host
from pipeline.core.mesh.view_json import cluster_json, listener_json, route_json

_Json = Mapping[str, Any]
_EMPTY = ProxyView((), (), ())


class ChangeKind(StrEnum):
    ROUTE = "route"
    HOST = "host"
    LISTENER = "listener"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class MeshChange:
    """``subject`` names the thing in words. ``words`` say how it was and how it is; ``data`` the same as JSON.

    Of what is on one side only, the other side is empty, and None.
    """

    kind: ChangeKind
    subject: str
    words: tuple[str, str]
    data: tuple[_Json | None, _Json | None]
    host: str = ""
    table: str = ""

    @property
    def sign(self) -> str:
        return "+" if self.data[0] is None else "-" if self.data[1] is None else "~"


Changes = Mapping[str, Sequence[MeshChange]]
"""By the proxy's title."""


def grouped_changes(changes: Changes) -> list[tuple[tuple[str, ...], list[MeshChange]]]:
    """Changes that several proxies share, under all of their titles."""
    owners: dict[tuple[str, str, tuple[str, str]], tuple[list[str], MeshChange]] = {}
    for proxy, rows in changes.items():
        for change in rows:
            key = change.kind, change.subject, change.words
            owners.setdefault(key, ([], change))[0].append(proxy)
    changes_of: dict[tuple[str, ...], list[MeshChange]] = {}
    for proxies, change in owners.values():
        changes_of.setdefault(tuple(dict.fromkeys(proxies)), []).append(change)
    return list(changes_of.items())


def view_changes(old: ProxyView | None, new: ProxyView | None) -> list[MeshChange]:
    """Routes first: they are what people ask about. A proxy that is on one side only has all of its own."""
    before, other = old or _EMPTY, new or _EMPTY
    return [*_routes(before, other), *_listeners(before, other), *_clusters(before, other)]


def _clusters(old: ProxyView, new: ProxyView) -> Iterator[MeshChange]:
    before, after = ({cluster.name: cluster for cluster in view.clusters} for view in (old, new))
    for name in sorted(before.keys() | after.keys()):
        old_cluster, other = before.get(name), after.get(name)
        data = _cluster_data(old_cluster), _cluster_data(other)
        if data[0] != data[1]:
            words = cluster_state(old_cluster) if old_cluster else "", cluster_state(other) if other else ""
            yield MeshChange(ChangeKind.CLUSTER, name, _apart(words), data, host=name.rpartition("|")[2])


def _cluster_data(cluster: EnvoyCluster | None) -> _Json | None:
    if cluster is None:
        return None
    return {**cluster_json(cluster), "tls_mode": cluster.tls_mode, "policy": dict(cluster.details)}


def _apart(words: tuple[str, str]) -> tuple[str, str]:
    """Values are cut in words; two that look alike for that reason are told as different."""
    return (words[0], f"{words[1]} (changed)") if words[0] == words[1] else words


def _listeners(old: ProxyView, new: ProxyView) -> Iterator[MeshChange]:
    before, after = ({listener.name: listener for listener in view.listeners} for view in (old, new))
    for name in sorted(before.keys() | after.keys()):
        old_listener, other = before.get(name), after.get(name)
        words = listener_state(old_listener) if old_listener else "", listener_state(other) if other else ""
        if words[0] != words[1]:
            data = listener_json(old_listener) if old_listener else None, listener_json(other) if other else None
            yield MeshChange(ChangeKind.LISTENER, name, words, data)


def _routes(old: ProxyView, new: ProxyView) -> Iterator[MeshChange]:
    before, after = ({table.name: table for table in view.tables} for view in (old, new))
    known = tuple(frozenset(cluster.name for cluster in view.clusters) for view in (old, new))
    for name in sorted(before.keys() | after.keys()):
        ours, theirs = _hosts(before.get(name)), _hosts(after.get(name))
        for host in sorted(ours.keys() | theirs.keys()):
            yield from _of_host(name, (ours.get(host), theirs.get(host)), known)


def _hosts(table: RouteTable | None) -> dict[str, VirtualHost]:
    return {host.name: host for host in table.hosts} if table else {}


def _of_host(
    table: str, hosts: tuple[VirtualHost | None, VirtualHost | None], known: tuple[frozenset[str], ...]
) -> Iterator[MeshChange]:
    old_host, other = hosts
    title = host_title(other or old_host)
    name = (other or old_host or VirtualHost("", (), ())).name.rpartition(":")[0]
    if old_host and other and (old_host.domains, old_host.requires_tls) != (other.domains, other.requires_tls):
        data = _host_data(old_host), _host_data(other)
        words = _host_words(old_host), _host_words(other)
        yield MeshChange(ChangeKind.HOST, f"names of {title}", words, data, name, table)
    before, after = _keyed(old_host), _keyed(other)
    for key in dict.fromkeys((*after, *before)):
        old_route, its = before.get(key), after.get(key)
        shown = its or old_route
        if shown is None:
            continue
        words = route_words(old_route, known[0]) if old_route else "", route_words(its, known[1]) if its else ""
        if old_route is not None and its is not None and _alike(old_route, its) and words[0] == words[1]:
            continue  # equal words alone are not enough, and equal routes may lead to what is gone
        data_ = route_data(old_route) if old_route else None, route_data(its) if its else None
        subject = f"{match_words(shown.match)} on {title}"
        yield MeshChange(ChangeKind.ROUTE, subject, _apart(words), data_, name, table)
    order = _order(before, after), _order(after, before)
    if order[0] != order[1]:  # the first route that fits takes a request
        orders = "; ".join(map(match_words, order[0])), "; ".join(map(match_words, order[1]))
        sides = {"order": [*map(dict, order[0])]}, {"order": [*map(dict, order[1])]}
        yield MeshChange(ChangeKind.HOST, f"order of routes on {title}", orders, sides, name, table)


def _host_words(host: VirtualHost) -> str:
    return f"{', '.join(host.domains)}{' (HTTPS only)' if host.requires_tls else ''}"


def _host_data(host: VirtualHost) -> _Json:
    return {"domains": list(host.domains), "requires_tls": host.requires_tls}


def _order(side: Mapping[str, EnvoyRoute], other: Mapping[str, EnvoyRoute]) -> list[_Json]:
    """The matches that both sides have, in the order of one."""
    return [route.match for key, route in side.items() if key in other]


def host_title(host: VirtualHost | None) -> str:
    """``reviews.shop:9080``; hosts that nobody knows are told as such."""
    if host is None or host.name in ("allow_any", "block_all"):
        return "any other host"
    name, _, port = host.name.rpartition(":")
    return f"{short_host(name)}:{port}"


def _keyed(host: VirtualHost | None) -> dict[str, EnvoyRoute]:
    """By match; an equal one that comes later, and can never be reached, gets a number."""
    route_of: dict[str, EnvoyRoute] = {}
    for route in host.routes if host else ():
        key = base = json.dumps(route.match, sort_keys=True)
        number = 1
        while key in route_of:
            number += 1
            key = f"{base} {number}"
        route_of[key] = route
    return route_of


def _alike(one: EnvoyRoute, other: EnvoyRoute) -> bool:
    """Whether requests fare alike; a route's name is only for people."""
    return {**route_data(one), "name": ""} == {**route_data(other), "name": ""}


def route_data(route: EnvoyRoute) -> dict[str, Any]:
    """As JSON, with what the VirtualService says beyond Envoy's fields."""
    data = route_json(route)
    return {**data, "details": dict(route.details)} if route.details else data
