"""The listeners of a sidecar, and the route tables that they ask for.

HTTP services of one port share one listener on all addresses. Other services have one on their own address. Where both
meet, the listener looks at the first bytes. istio/istio: pilot/pkg/networking/core/listener.go.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline.core.mesh.envoy import (
    BLACK_HOLE,
    FORWARD_FILTER,
    HTTP_FILTER,
    METADATA_FILTER,
    MONGO_FILTER,
    PASSTHROUGH,
    TCP_FILTER,
    EnvoyListener,
    FilterChain,
    WeightedCluster,
)
from pipeline.core.mesh.hosts import is_address, is_wildcard
from pipeline.core.mesh.http_routes import RoutedProxy
from pipeline.core.mesh.l4_routes import sidecar_chains
from pipeline.core.mesh.mesh_services import UNSPECIFIED, MeshService, Resolution, ServicePort
from pipeline.core.mesh.protocols import Protocol
from pipeline.core.mesh.proxy_scope import Egress, ProxyScope

_OUTBOUND_PORT, _INBOUND_PORT = 15001, 15006
_LOCALHOST = "127.0.0.1"
_SERVER_FIRST = frozenset({Protocol.MONGO, Protocol.MYSQL})
"""No bytes of the client come first, so these are never put behind a look at them."""


@dataclass(frozen=True, slots=True)
class TableRequest:
    """A route table that a listener asks for. ``sniffed`` is the host for whose listener alone it is."""

    name: str
    port: int
    egress: Egress
    sniffed: str = ""


@dataclass(slots=True)
class _Entry:
    """A listener while it is built."""

    protocol: Protocol
    filters: set[str]
    chains: list[FilterChain]
    takes_all: bool
    locked: bool = False


@dataclass(slots=True)
class SidecarListeners:
    """Builds those of one sidecar. ``proxy_of`` gives the proxy as it is on a port, for its routes."""

    scope: ProxyScope
    proxy_of: Callable[[int], RoutedProxy]
    _found: dict[tuple[str, int], _Entry] = field(default_factory=dict)
    tables: dict[str, TableRequest] = field(default_factory=dict)

    def build(self, *, has_policies: bool, accepts: str = "") -> list[EnvoyListener]:
        for egress in self.scope.egress:
            if egress.listener.port or egress.listener.bind.startswith("unix:"):
                self._of_port(egress)
            else:
                for entry in self._found.values():
                    entry.locked = True
                for service in egress.services:
                    self._of_service(egress, service)
        return [*self._outbound(), *self._virtual(has_policies=has_policies, accepts=accepts)]

    def _outbound(self) -> Iterable[EnvoyListener]:
        for (address, port), entry in self._found.items():
            filters = entry.filters if entry.takes_all else entry.filters | {TCP_FILTER}
            yield EnvoyListener(
                f"{address}_{port}", address, port, tuple(sorted(filters)), tuple(dict.fromkeys(entry.chains))
            )

    def _virtual(self, *, has_policies: bool, accepts: str) -> Iterable[EnvoyListener]:
        to = WeightedCluster(PASSTHROUGH if self.scope.allows_any else BLACK_HOLE)
        yield EnvoyListener("virtualOutbound", UNSPECIFIED, _OUTBOUND_PORT, (TCP_FILTER,), (FilterChain((to,)),))
        inbound = {HTTP_FILTER, METADATA_FILTER, TCP_FILTER} | ({"rbac"} if has_policies else set())
        yield EnvoyListener("virtualInbound", UNSPECIFIED, _INBOUND_PORT, tuple(sorted(inbound)), accepts=accepts)

    def _of_port(self, egress: Egress) -> None:
        listener = egress.listener
        port = ServicePort(listener.port, "", listener.protocol)
        bind = listener.bind or ("" if listener.captures else _LOCALHOST)
        if not _reserved(bind, port):
            for service in egress.services:
                self._add(egress, service, port, bind)

    def _of_service(self, egress: Egress, service: MeshService) -> None:
        bind = egress.listener.bind or ("" if egress.listener.captures else _LOCALHOST)
        for port in service.ports:
            if _reserved(bind, port):
                continue
            each = not bind and service.resolution is Resolution.PASSTHROUGH and service.address == UNSPECIFIED
            if (
                not each
                or not (port.protocol.is_tcp or port.protocol.is_sniffed)
                or (not service.is_kubernetes and not service.endpoints and not service.selector)
            ):
                self._add(egress, service, port, bind)
            else:  # one listener for each pod; the pods of a Service are in no manifest
                for end in service.endpoints:
                    if is_address(end.address):
                        self._add(egress, service, port, end.address)

    def _add(self, egress: Egress, service: MeshService, port: ServicePort, bind: str) -> None:
        if service.resolution is Resolution.ALIAS or port.protocol in (Protocol.UDP, Protocol.HBONE):
            return
        ranges: tuple[str, ...] = ()
        address = bind or UNSPECIFIED
        if not port.protocol.is_http and not bind:
            ranges = (service.address,) if "/" in service.address else ()
            address = UNSPECIFIED if ranges else service.address
        known = self._found.get((address, port.number))
        if known is not None and known.locked:
            return
        new = self._entry(egress, service, port, (address, ranges))
        if known is None:
            self._found[address, port.number] = new
        elif not _apart(port.protocol, known):
            _join(known, new, port.protocol)

    def _entry(
        self, egress: Egress, service: MeshService, port: ServicePort, bound: tuple[str, tuple[str, ...]]
    ) -> _Entry:
        on_all = bound[0] == UNSPECIFIED
        entry = _Entry(port.protocol, set(), [], takes_all=False)
        if not port.protocol.is_http:
            proxy = self.proxy_of(port.number)
            entry.chains += sidecar_chains(service, port, bound, egress.virtual_services, proxy)
            entry.filters |= {TCP_FILTER} | ({MONGO_FILTER} if port.protocol is Protocol.MONGO else set())
            if service.resolution is Resolution.DYNAMIC_DNS and is_wildcard(service.host):
                entry.filters.add(FORWARD_FILTER)
        if port.protocol.is_routed:
            alone = port.protocol.is_sniffed and not on_all
            name = f"{service.host}:{port.number}" if alone else str(port.number) if port.number else bound[0]
            self.tables.setdefault(name, TableRequest(name, port.number, egress, service.host if alone else ""))
            entry.filters.add(HTTP_FILTER)
            entry.chains.append(FilterChain(table=name))
            entry.takes_all = port.protocol.is_http and not on_all
            if on_all and port.protocol is not Protocol.HTTP_PROXY:
                entry.protocol = Protocol.UNSUPPORTED
        return entry


def _apart(incoming: Protocol, known: _Entry) -> bool:
    """Whether two protocols cannot share a listener, so that the first keeps it."""
    return incoming != known.protocol and bool({incoming, known.protocol} & _SERVER_FIRST)


def _join(known: _Entry, new: _Entry, incoming: Protocol) -> None:
    if incoming.is_http and not known.protocol.is_tcp:
        return
    if incoming.is_sniffed and known.protocol.is_sniffed:
        return
    known.filters |= new.filters
    known.chains += new.chains
    known.takes_all = known.takes_all and new.takes_all
    if not (known.protocol.is_tcp and incoming.is_tcp):
        known.protocol = Protocol.UNSUPPORTED


def _reserved(bind: str, port: ServicePort) -> bool:
    """Whether it would take the place of Envoy's own listeners."""
    on_all = bind == UNSPECIFIED or (not bind and port.protocol.is_http)
    return on_all and port.number in (_OUTBOUND_PORT, _INBOUND_PORT)
