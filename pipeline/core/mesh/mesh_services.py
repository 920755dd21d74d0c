"""The services of a mesh: Kubernetes Services and the hosts of ServiceEntries, as Istio's registries hold them.

istio/istio: pilot/pkg/serviceregistry/kube/conversion.go and serviceentry/conversion.go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_network
from typing import Any

from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.mesh.hosts import is_address, service_host
from pipeline.core.mesh.protocols import Protocol, parse_protocol, port_protocol
from pipeline.core.mesh.values import NOWHERE, entries, export_to, labels, namespace_of, number, text, texts

UNSPECIFIED = "0.0.0.0"  # noqa: S104 - Envoy's name of the wildcard address, which nothing here binds
_EXPORT_ANNOTATION = "networking.istio.io/exportTo"


class Resolution(StrEnum):
    """How a proxy finds the endpoints of a service."""

    ENDPOINTS = "endpoints"
    DNS = "DNS"
    DNS_ROUND_ROBIN = "DNS_ROUND_ROBIN"
    DYNAMIC_DNS = "DYNAMIC_DNS"
    PASSTHROUGH = "passthrough"
    """The address that the client asked for: headless Services, ServiceEntries with resolution NONE."""
    ALIAS = "alias"
    """Another name of another service: ExternalName."""


_RESOLUTIONS = {
    "STATIC": Resolution.ENDPOINTS,
    "DNS": Resolution.DNS,
    "DNS_ROUND_ROBIN": Resolution.DNS_ROUND_ROBIN,
    "DYNAMIC_DNS": Resolution.DYNAMIC_DNS,
}


@dataclass(frozen=True, slots=True)
class ServicePort:
    """``target`` is the port of the pods: a number, the name of a container's port, or 0 where it is ``number``."""

    number: int
    name: str
    protocol: Protocol
    target: int | str = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that a ServiceEntry lists, or a WorkloadEntry that it selects."""

    address: str
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    has_mesh_tls: bool = False


@dataclass(frozen=True, slots=True)
class MeshService:
    """A host with its ports. One ServiceEntry makes one of each pair of host and address.

    ``address`` is an IP address or a range; ``0.0.0.0`` where there is none; where the API server is still to assign a
    cluster IP, ``NAME.NAMESPACE`` stands in for it. ``selector`` chooses pods (and WorkloadEntries).
    """

    host: str
    name: str
    namespace: str
    ports: tuple[ServicePort, ...]
    resolution: Resolution
    address: str
    is_kubernetes: bool
    is_external: bool = False
    exports: frozenset[str] = frozenset()
    selector: Mapping[str, str] = field(default_factory=dict, hash=False)
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    endpoints: tuple[Endpoint, ...] = ()
    external_name: str = ""
    aliases: tuple[str, ...] = ()
    source: ResourceId = NOWHERE

    def port(self, wanted: int) -> ServicePort | None:
        return next((port for port in self.ports if port.number == wanted), None)


def kubernetes_service(resource: Resource) -> MeshService:
    """A Service of Kubernetes."""
    spec, namespace, name = mapping(resource.body.get("spec")), namespace_of(resource), resource.id.name
    external = text(spec.get("externalName")).rstrip(".") if spec.get("type") == "ExternalName" else ""
    given = text(spec.get("clusterIP"))
    resolution, address = Resolution.ENDPOINTS, given or f"{name}.{namespace}"
    if external:
        resolution, address = Resolution.ALIAS, UNSPECIFIED
    elif given == "None":
        resolution, address = Resolution.PASSTHROUGH, UNSPECIFIED
    return MeshService(
        host=service_host(name, namespace),
        name=name,
        namespace=namespace,
        ports=tuple(_kubernetes_port(port) for port in entries(spec.get("ports"))),
        resolution=resolution,
        address=address,
        is_kubernetes=True,
        exports=_annotated(text(resource.annotations.get(_EXPORT_ANNOTATION))),
        selector=labels(spec.get("selector")),
        labels=labels(resource.labels),
        external_name=external,
        source=resource.id,
    )


def _annotated(value: str) -> frozenset[str]:
    return frozenset(name for part in value.split(",") if (name := part.strip()))


def _kubernetes_port(port: Mapping[str, Any]) -> ServicePort:
    name, wanted, app = text(port.get("name")), number(port.get("port")), port.get("appProtocol")
    transport = text(port.get("protocol")) or "TCP"
    protocol = port_protocol(wanted, name, transport, app if isinstance(app, str) else None)
    target = port.get("targetPort")
    return ServicePort(wanted, name, protocol, number(target) or text(target))


def entry_services(resource: Resource, selected: tuple[Endpoint, ...] = ()) -> Iterator[MeshService]:
    """The services of a ServiceEntry; ``selected`` are the WorkloadEntries that its workloadSelector chooses."""
    spec, namespace = mapping(resource.body.get("spec")), namespace_of(resource)
    resolution = _RESOLUTIONS.get(text(spec.get("resolution")), Resolution.PASSTHROUGH)
    ports = tuple(
        ServicePort(
            number(port.get("number")),
            text(port.get("name")),
            parse_protocol(text(port.get("protocol"))),
            number(port.get("targetPort")),
        )
        for port in entries(spec.get("ports"))
    )
    selector = labels(mapping(spec.get("workloadSelector")).get("labels"))
    endpoints = tuple(map(endpoint, entries(spec.get("endpoints")))) or selected
    named = resolution in (Resolution.DNS, Resolution.DNS_ROUND_ROBIN) and not spec.get("workloadSelector")
    for host in texts(spec.get("hosts")):
        for address in _addresses(texts(spec.get("addresses"))):
            yield MeshService(
                host=host,
                name=host,
                namespace=namespace,
                ports=ports,
                resolution=resolution,
                address=address,
                is_kubernetes=False,
                is_external=spec.get("location") != "MESH_INTERNAL",
                exports=export_to(spec),
                selector=selector,
                labels=labels(resource.labels),
                endpoints=endpoints or ((Endpoint(host),) if named else ()),
                source=resource.id,
            )


def endpoint(entry: Mapping[str, Any]) -> Endpoint:
    """An endpoint of a ServiceEntry, or the spec of a WorkloadEntry."""
    own = labels(entry.get("labels"))
    mode = own.get("security.istio.io/tlsMode", "istio" if entry.get("serviceAccount") else "disabled")
    return Endpoint(text(entry.get("address")), own, mode == "istio")


def _addresses(given: tuple[str, ...]) -> list[str]:
    """Addresses and ranges; a range of one address is that address. What is neither is left out."""
    if not given:
        return [UNSPECIFIED]
    addresses = []
    for address in given:
        if is_address(address):
            addresses.append(address)
            continue
        try:
            network = ip_network(address, strict=False)
        except ValueError:
            continue
        addresses.append(str(network.network_address) if network.num_addresses == 1 else address)
    return addresses
