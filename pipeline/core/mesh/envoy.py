"""What Istio's control plane tells an Envoy, as far as it routes: clusters, listeners, and tables of routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSTHROUGH = "PassthroughCluster"
BLACK_HOLE = "BlackHoleCluster"
HTTP_FILTER = "http_connection_manager"
TCP_FILTER = "tcp_proxy"
METADATA_FILTER = "istio.metadata_exchange"
MONGO_FILTER = "mongo_proxy"
FORWARD_FILTER = "envoy.extensions.filters.network.sni_dynamic_forward_proxy"
"""Of wildcard hosts that are resolved as connections name them."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EnvoyCluster:
    """``discovery`` and ``lb`` are Envoy's words. ``tls`` is the transport socket that a DestinationRule sets.

    ``tls_mode`` is in Istio's words: ``auto`` where both ends agree on mTLS, ``DISABLE`` for plain text. ``details``
    hold what else a DestinationRule says of it.
    """

    name: str
    discovery: str
    lb: str = ""
    auto_mtls: bool = False
    tls: str = ""
    tls_mode: str = "DISABLE"
    details: Json = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class WeightedCluster:
    cluster: str
    weight: int = 100


@dataclass(frozen=True, slots=True)
class FilterChain:
    """One way of a connection through a listener: to ``to``, or on to the table ``table`` of HTTP routes."""

    to: tuple[WeightedCluster, ...] = ()
    sni: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    table: str = ""


@dataclass(frozen=True, slots=True)
class EnvoyListener:
    """``accepts`` tells in words which connections it takes, of the listener for what comes in."""

    name: str
    address: str
    port: int
    filters: tuple[str, ...]
    chains: tuple[FilterChain, ...] = ()
    accepts: str = ""


@dataclass(frozen=True, slots=True)
class EnvoyRoute:
    """A match and what becomes of the request. ``match``, ``redirect`` and ``direct_response`` are Envoy's JSON.

    ``retries`` is None without retries, ``timeout`` in Go's form (``1m30s``; ``0s`` is none). ``details`` hold what
    the VirtualService says beyond it: headers, CORS, the fault, further mirrors.
    """

    match: Json = field(hash=False)
    name: str = ""
    to: tuple[WeightedCluster, ...] = ()
    timeout: str = ""
    retries: int | None = None
    host_rewrite: str = ""
    prefix_rewrite: str = ""
    regex_rewrite: Json = field(default_factory=dict, hash=False)
    redirect: Json = field(default_factory=dict, hash=False)
    direct_response: Json = field(default_factory=dict, hash=False)
    mirror: str = ""
    has_fault: bool = False
    details: Json = field(default_factory=dict, hash=False)

    @property
    def catches_all(self) -> bool:
        match = self.match
        path = match.get("prefix") == "/" or match.get("safe_regex") == {"regex": ".*"}
        return path and not any(match.get(key) for key in ("headers", "query_parameters", "dynamic_metadata"))


@dataclass(frozen=True, slots=True)
class VirtualHost:
    name: str
    domains: tuple[str, ...]
    routes: tuple[EnvoyRoute, ...]
    requires_tls: bool = False


@dataclass(frozen=True, slots=True)
class RouteTable:
    name: str
    hosts: tuple[VirtualHost, ...]


@dataclass(frozen=True, slots=True)
class ProxyView:
    """All of one proxy, each list sorted by name."""

    clusters: tuple[EnvoyCluster, ...]
    listeners: tuple[EnvoyListener, ...]
    tables: tuple[RouteTable, ...]

    @classmethod
    def of(cls, clusters: list[EnvoyCluster], listeners: list[EnvoyListener], tables: list[RouteTable]) -> "ProxyView":
        return cls(
            tuple(sorted(clusters, key=lambda cluster: cluster.name)),
            tuple(sorted(listeners, key=lambda listener: listener.name)),
            tuple(sorted(tables, key=lambda table: table.name)),
        )
