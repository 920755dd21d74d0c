"""The servers of all Gateways of one proxy, joined by port as Istio joins them.

istio/istio: pilot/pkg/model/gateway.go (mergeGateways).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.core.mesh.gateways import GatewayServer, MeshGateway
from pipeline.core.mesh.protocols import Protocol

_PortKey = tuple[int, Protocol, str]
"""Port of the proxy, protocol, and the address to bind."""


@dataclass(frozen=True, slots=True)
class OwnedServer:
    """A server with the Gateway that has it, and the name of its route table (empty without HTTP)."""

    server: GatewayServer
    gateway: MeshGateway
    table: str


@dataclass(slots=True)
class JoinedServers:
    """``ports`` keeps the order in which ports came; ``tables`` are the servers of each route table."""

    ports: dict[_PortKey, list[OwnedServer]] = field(default_factory=dict)
    tables: dict[str, list[OwnedServer]] = field(default_factory=dict)
    refused: list[OwnedServer] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)
    _plain: dict[int, _PortKey] = field(default_factory=dict)
    _binds: dict[int, set[str]] = field(default_factory=dict)
    _tls_hosts: dict[int, dict[str, str]] = field(default_factory=dict)

    def add(self, owned: OwnedServer, port: int) -> None:
        server = owned.server
        if server.has_tls and self._claims_taken_host(server, port):
            self.refused.append(owned)
            return
        key = (port, server.protocol, server.bind)
        if port not in self._seen:
            self._seen.add(port)
            if not server.is_tls:
                self._plain[port] = key
            if server.is_http:
                self.tables[owned.table] = [owned]
            self.ports[key] = [owned]
        elif port in self._plain:
            self._beside_plain(owned, key, self._plain[port])
        else:
            self._beside_tls(owned, key)

    def _claims_taken_host(self, server: GatewayServer, port: int) -> bool:
        known = self._tls_hosts.setdefault(port, {})
        if any(known.get(host) == server.bind for host in server.hosts):
            return True
        known.update(dict.fromkeys(server.hosts, server.bind))
        return False

    def _beside_plain(self, owned: OwnedServer, key: _PortKey, current: _PortKey) -> None:
        (_, protocol, bind), (_, known, known_bind) = key, current
        fits = protocol.is_http and (known.is_http or known is protocol)
        if bind == known_bind and (not fits or not owned.table):
            self.refused.append(owned)
            return
        self.ports.setdefault(current if bind == known_bind else key, []).append(owned)
        self.tables.setdefault(owned.table, []).append(owned)

    def _beside_tls(self, owned: OwnedServer, key: _PortKey) -> None:
        if owned.server.is_http:
            if not owned.table or owned.table in self.tables:
                self.refused.append(owned)
                return
            self.tables[owned.table] = [owned]
        port, _, bind = key
        is_new = port not in self._binds or bind not in self._binds[port]
        self._binds.setdefault(port, set()).add(bind)
        if not owned.server.has_tls and not is_new:
            self.refused.append(owned)
            return
        self.ports.setdefault(key, []).append(owned)


def joined_servers(gateways: Iterable[MeshGateway], port_of: Callable[[int], int]) -> JoinedServers:
    """``port_of`` turns the port of a server into the one that the proxy opens: through its Service's targetPort."""
    joined = JoinedServers()
    for gateway in gateways:
        for server in gateway.servers:
            port = port_of(server.port)
            joined.add(OwnedServer(server, gateway, _table(server, gateway, port)), port)
    return joined


def _table(server: GatewayServer, gateway: MeshGateway, port: int) -> str:
    bind = f".{server.bind}" if server.bind else ""
    if server.protocol.is_http:
        return f"http.{port}{bind}"
    if server.ends_https:
        return f"https.{server.port}.{server.port_name}.{gateway.name}.{gateway.namespace}{bind}"
    return ""
