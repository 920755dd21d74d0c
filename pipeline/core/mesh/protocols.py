"""Which protocol Istio takes a port for: by appProtocol, else by the name's first word, else by well-known numbers.

istio/istio: pkg/config/kube/conversion.go (ConvertProtocol), pkg/config/protocol/instance.go.
"""

from enum import StrEnum


class Protocol(StrEnum):
    HTTP = "HTTP"
    HTTP2 = "HTTP2"
    HTTP_PROXY = "HTTP_PROXY"
    GRPC = "GRPC"
    GRPC_WEB = "GRPC-Web"
    HTTPS = "HTTPS"
    TLS = "TLS"
    TCP = "TCP"
    MONGO = "Mongo"
    REDIS = "Redis"
    MYSQL = "MySQL"
    HBONE = "HBONE"
    UDP = "UDP"
    UNSUPPORTED = "UnsupportedProtocol"
    """Istio knows no protocol: the sidecar looks at the first bytes."""

    @property
    def is_http(self) -> bool:
        return self in _HTTP

    @property
    def is_tcp(self) -> bool:
        return self in _TCP

    @property
    def is_tls(self) -> bool:
        """Whether the server name of the handshake can choose the route."""
        return self in (Protocol.HTTPS, Protocol.TLS)

    @property
    def is_sniffed(self) -> bool:
        return self is Protocol.UNSUPPORTED

    @property
    def is_routed(self) -> bool:
        """Whether its requests are routed by host and path."""
        return self.is_http or self.is_sniffed


_HTTP = frozenset({Protocol.HTTP, Protocol.HTTP2, Protocol.HTTP_PROXY, Protocol.GRPC, Protocol.GRPC_WEB})
_TCP = frozenset({Protocol.TCP, Protocol.HTTPS, Protocol.TLS, Protocol.MONGO, Protocol.REDIS, Protocol.MYSQL})
_UNNAMED = frozenset({Protocol.UNSUPPORTED, Protocol.HBONE})
"""What no word in a manifest stands for."""
_WORDS = {protocol.value.lower(): protocol for protocol in Protocol if protocol not in _UNNAMED}
_KUBERNETES = {
    "kubernetes.io/h2c": Protocol.HTTP2,
    "kubernetes.io/ws": Protocol.HTTP,
    "kubernetes.io/wss": Protocol.HTTPS,
}
"""Kubernetes' standard values of appProtocol. They are none of a port's name."""
_WELL_KNOWN_TCP = frozenset({25, 53, 3306, 27017})
"""SMTP, DNS, MySQL, MongoDB: their server speaks first, so Istio does not wait for the client's bytes."""


def parse_protocol(word: str) -> Protocol:
    """A protocol as Gateways, ServiceEntries and Sidecars write it, in any case."""
    return _WORDS.get(word.lower(), Protocol.UNSUPPORTED)


def port_protocol(number: int, name: str, transport: str = "TCP", app_protocol: str | None = None) -> Protocol:
    """The protocol of a port of a Kubernetes Service."""
    if transport == "UDP":
        return Protocol.UDP
    word = name if app_protocol is None else app_protocol
    if app_protocol is not None and word in _KUBERNETES:
        return _KUBERNETES[word]
    if word.lower().startswith("grpc-web"):
        return Protocol.GRPC_WEB
    by_name = parse_protocol(word.partition("-")[0])
    return Protocol.TCP if by_name is Protocol.UNSUPPORTED and number in _WELL_KNOWN_TCP else by_name
