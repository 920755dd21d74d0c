"""Istio's Gateways, as written: which proxies they are for, and the servers that those open."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.mesh.protocols import Protocol, parse_protocol
from pipeline.core.mesh.values import NOWHERE, entries, labels, namespace_of, number, text, texts


@dataclass(frozen=True, slots=True)
class GatewayServer:
    """``hosts`` may begin with ``namespace/``: then only VirtualServices of that namespace bind to them.

    ``tls_mode`` is empty where the server has no tls at all.
    """

    port: int
    port_name: str
    protocol: Protocol
    hosts: tuple[str, ...]
    bind: str = ""
    has_tls: bool = False
    tls_mode: str = ""
    redirects: bool = False
    credential: str = ""

    @property
    def passes_tls_through(self) -> bool:
        return self.tls_mode in ("PASSTHROUGH", "AUTO_PASSTHROUGH")

    @property
    def is_tls(self) -> bool:
        return self.has_tls and not self.protocol.is_http

    @property
    def ends_https(self) -> bool:
        """Whether it decodes HTTPS."""
        return self.protocol is Protocol.HTTPS and self.has_tls and not self.passes_tls_through

    @property
    def is_http(self) -> bool:
        return self.protocol.is_http or self.ends_https


@dataclass(frozen=True, slots=True)
class MeshGateway:
    """``selector`` chooses pods of any namespace; an empty one chooses every gateway."""

    name: str
    namespace: str
    selector: Mapping[str, str] = field(hash=False)
    servers: tuple[GatewayServer, ...]
    source: ResourceId = NOWHERE
    service: str = ""
    """Of the Gateway API: the one host whose proxy it is for, in place of a selector."""

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"


def istio_gateway(resource: Resource) -> MeshGateway:
    spec, namespace = mapping(resource.body.get("spec")), namespace_of(resource)
    servers = tuple(_server(server, namespace) for server in entries(spec.get("servers")))
    return MeshGateway(resource.id.name, namespace, labels(spec.get("selector")), servers, resource.id)


def _server(server: Mapping[str, Any], namespace: str) -> GatewayServer:
    port, tls = mapping(server.get("port")), server.get("tls")
    settings = mapping(tls)
    has_tls = isinstance(tls, dict)
    return GatewayServer(
        port=number(port.get("number")),
        port_name=text(port.get("name")),
        protocol=parse_protocol(text(port.get("protocol"))),
        hosts=_hosts(texts(server.get("hosts")), namespace),
        bind=text(server.get("bind")),
        has_tls=has_tls,
        tls_mode=(text(settings.get("mode")) or "PASSTHROUGH") if has_tls else "",
        redirects=settings.get("httpsRedirect") is True,
        credential=text(settings.get("credentialName")),
    )


def _hosts(hosts: tuple[str, ...], namespace: str) -> tuple[str, ...]:
    """``./host`` is of the own namespace, ``*/host`` of every one."""
    names = []
    for host in hosts:
        own, slash, name = host.partition("/")
        if not slash:
            names.append(host)
        elif own == "*" and name == "*":
            return ("*",)
        else:
            names.append(name if own == "*" else f"{namespace if own == '.' else own}/{name}")
    return tuple(names)


def hosts_for(hosts: tuple[str, ...], namespace: str) -> list[str]:
    """The hosts of a server to which a VirtualService of ``namespace`` may bind, without the prefix."""
    names = []
    for host in hosts:
        own, slash, name = host.partition("/")
        if not slash:
            names.append(host)
        elif own in (namespace, "*"):
            names.append(name)
    return names
