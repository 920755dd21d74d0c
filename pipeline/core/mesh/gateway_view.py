"""The listeners and route tables of a gateway.

istio/istio: pilot/pkg/networking/core/gateway.go.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pipeline.core.mesh.clusters import Clusters, sni_cluster_name
from pipeline.core.mesh.envoy import (
    HTTP_FILTER,
    METADATA_FILTER,
    MONGO_FILTER,
    TCP_FILTER,
    EnvoyListener,
    EnvoyRoute,
    FilterChain,
    RouteTable,
    VirtualHost,
    WeightedCluster,
)
from pipeline.core.mesh.gateway_servers import JoinedServers, OwnedServer
from pipeline.core.mesh.gateways import hosts_for
from pipeline.core.mesh.hosts import for_domain, intersection, matches, order, subset_of
from pipeline.core.mesh.http_routes import RoutedProxy, http_routes
from pipeline.core.mesh.l4_routes import forwarded
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.mesh_services import UNSPECIFIED, MeshService
from pipeline.core.mesh.protocols import Protocol
from pipeline.core.mesh.proxy_scope import ProxyScope
from pipeline.core.mesh.values import entries, exported, number, texts
from pipeline.core.mesh.virtual_services import Part, VirtualService


@dataclass(slots=True)
class GatewayView:
    """Builds those of one gateway from its joined servers."""

    mesh: Mesh
    scope: ProxyScope
    joined: JoinedServers
    has_policies: bool = False
    _sni: dict[int, dict[str, str]] = field(default_factory=dict)
    _by_host: dict[str, MeshService] = field(default_factory=dict)
    _bound: dict[str, list[VirtualService]] = field(default_factory=dict)

    def listeners(self) -> list[EnvoyListener]:
        by_address: dict[tuple[str, int], tuple[set[str], list[FilterChain]]] = {}
        for (port, protocol, bind), servers in self.joined.ports.items():
            address = bind or UNSPECIFIED
            filters, chains = by_address.setdefault((address, port), (set(), []))
            if protocol.is_http:
                filters.add(HTTP_FILTER)
                chains.append(FilterChain(table=servers[0].table))
                continue
            for owned in servers:
                self._add_server(owned, port, filters, chains)
        return [
            EnvoyListener(f"{address}_{port}", address, port, tuple(sorted(filters)), tuple(chains))
            for (address, port), (filters, chains) in by_address.items()
            if chains
        ]

    def _add_server(self, owned: OwnedServer, port: int, filters: set[str], chains: list[FilterChain]) -> None:
        server = owned.server
        sni = tuple(sorted({host.rpartition("/")[2] for host in server.hosts}))
        if server.ends_https:
            filters.add(HTTP_FILTER)
            chains.append(FilterChain(sni=sni, table=owned.table))
            return
        if server.tls_mode == "AUTO_PASSTHROUGH":
            made = list(self._through_sni(sni))
        elif server.passes_tls_through:
            made = list(self._by_sni(owned, port))
        else:
            made = list(self._by_port(owned, sni if server.has_tls else ()))
        if made:
            own = {METADATA_FILTER} if server.tls_mode == "ISTIO_MUTUAL" else set[str]()
            checked = self.has_policies and server.tls_mode != "AUTO_PASSTHROUGH"
            own |= {MONGO_FILTER} if server.protocol is Protocol.MONGO else set[str]()
            filters |= {TCP_FILTER} | own | ({"rbac"} if checked else set())
            chains += made

    def _by_port(self, owned: OwnedServer, sni: tuple[str, ...]) -> Iterator[FilterChain]:
        """Plain TCP, or TLS that ends here: the first tcp route that fits."""
        for service in self._matching(owned):
            for route in service.tcp:
                written = entries(route.get("match"))
                if not written or any(_fits(match, owned) for match in written):
                    to = forwarded(route, self._proxy(owned))
                    if to:
                        yield FilterChain(to, sni)
                    return

    def _by_sni(self, owned: OwnedServer, port: int) -> Iterator[FilterChain]:
        """TLS that passes through: a chain of each tls match, each server name once."""
        known = self._sni.setdefault(port, {})
        for service in self._matching(owned):
            for route in service.tls:
                for match in entries(route.get("match")):
                    names, bind = texts(match.get("sniHosts")), owned.server.bind
                    if _fits(match, owned) and not any(known.get(name) == bind for name in names):
                        known.update(dict.fromkeys(names, bind))
                        yield FilterChain(forwarded(route, self._proxy(owned)), names)

    def _through_sni(self, hosts: tuple[str, ...]) -> Iterator[FilterChain]:
        rules = Clusters(self.mesh, self.scope, of_gateway=True)
        for service in self.scope.services:
            if service.is_external or not any(subset_of(service.host, host) for host in hosts):
                continue
            rule = rules.rule(service)
            for port in service.ports:
                if port.protocol is not Protocol.UDP:
                    for subset in ("", *(subset.name for subset in (rule.subsets if rule else ()))):
                        name = sni_cluster_name(service.host, port.number, subset)
                        yield FilterChain((WeightedCluster(name),), (name,))

    def tables(self) -> list[RouteTable]:
        """Of each table for which a listener asks."""
        asked = {chain.table for listener in self.listeners() for chain in listener.chains if chain.table}
        return [self._table(name, self.joined.tables[name]) for name in sorted(asked & self.joined.tables.keys())]

    def _table(self, name: str, servers: list[OwnedServer]) -> RouteTable:
        hosts_by_name: dict[str, VirtualHost] = {}
        known: dict[tuple[str, str], tuple[EnvoyRoute, ...]] = {}
        for owned in servers:
            for service in self._services(owned):
                hosts = intersection(hosts_for(owned.server.hosts, service.namespace), service.hosts)
                if not hosts:
                    continue
                key = owned.gateway.key, service.key
                if key not in known:
                    known[key] = http_routes(service, self._proxy(owned))
                if known[key]:
                    for host in hosts:
                        _add_routes(hosts_by_name, host.lower(), owned, known[key])
            if owned.server.redirects:
                for host in owned.server.hosts:
                    _add_routes(hosts_by_name, host.lower(), owned, ())
        if not hosts_by_name:
            return RouteTable(name, (VirtualHost(f"blackhole:{servers[0].server.port}", ("*",), ()),))
        hosts_ = (replace(host, routes=_sorted(host.routes)) for host in _collapsed(hosts_by_name))
        return RouteTable(name, tuple(sorted(hosts_, key=lambda host: host.name)))

    def _services(self, owned: OwnedServer) -> list[VirtualService]:
        key = owned.gateway.key
        if key not in self._bound:
            self._bound[key] = self.mesh.virtual_services_of(key, self.scope.namespace)
        return self._bound[key]

    def _matching(self, owned: OwnedServer) -> Iterator[VirtualService]:
        for service in self._services(owned):
            own = hosts_for(owned.server.hosts, service.namespace)
            if any(matches(host, name) for host in own for name in service.hosts):
                yield service

    def _proxy(self, owned: OwnedServer) -> RoutedProxy:
        if not self._by_host:
            self._by_host.update({service.host: service for service in self.scope.services})
        default = self.mesh.settings.service_exports

        def lookup(host: str, near: str = owned.gateway.namespace) -> MeshService | None:
            own = [service for service in self.mesh.by_host(host) if service.namespace == near]
            seen = [service for service in own if exported(service.exports or default, near, self.scope.namespace)]
            return seen[0] if seen else self._by_host.get(host)

        return RoutedProxy(
            self.scope.namespace,
            self.scope.pod,
            frozenset({owned.gateway.key}),
            owned.server.port,
            lookup,
            owned.server.has_tls,
            self.mesh.settings.retries,
        )


def _fits(match: Part, owned: OwnedServer) -> bool:
    """Of tls and tcp routes, a gateway looks only at the port and the gateways."""
    wanted, gateways = number(match.get("port")), texts(match.get("gateways"))
    return wanted in (0, owned.server.port) and (not gateways or owned.gateway.key in gateways)


def _add_routes(
    hosts_by_name: dict[str, VirtualHost], host: str, owned: OwnedServer, routes: tuple[EnvoyRoute, ...]
) -> None:
    known = hosts_by_name.get(host) or VirtualHost(f"{for_domain(host)}:{owned.server.port}", (host,), ())
    requires = known.requires_tls or owned.server.redirects
    hosts_by_name[host] = replace(known, routes=known.routes + routes, requires_tls=requires)


def _collapsed(hosts_by_name: dict[str, VirtualHost]) -> list[VirtualHost]:
    """Hosts with the very same routes become one, under the name of the first."""
    merged: dict[tuple[tuple[int, ...], bool], VirtualHost] = {}
    for name in sorted(hosts_by_name, key=order):
        host = hosts_by_name[name]
        key = tuple(map(id, host.routes)), host.requires_tls
        known = merged.get(key)
        merged[key] = host if known is None else replace(known, domains=known.domains + host.domains)
    return list(merged.values())


def _sorted(routes: tuple[EnvoyRoute, ...]) -> tuple[EnvoyRoute, ...]:
    """Routes that take everything come last."""
    return tuple(sorted(routes, key=lambda route: route.catches_all))
