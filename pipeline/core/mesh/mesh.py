"""The cross-object index of a mesh: every object that shapes its traffic, read once a side and asked by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.mesh.accepted_tls import namespace_modes
from pipeline.core.mesh.api_gateways import api_gateways, istio_classes
from pipeline.core.mesh.api_groups import GATEWAY_API, NETWORKING, SECURITY
from pipeline.core.mesh.api_routes import ROUTE_KINDS, api_virtual_services
from pipeline.core.mesh.destination_rules import DestinationRules, destination_rule
from pipeline.core.mesh.gateways import MeshGateway, istio_gateway
from pipeline.core.mesh.ingresses import ingress_gateway, ingress_routes, istio_ingresses
from pipeline.core.mesh.mesh_services import (
    Endpoint,
    MeshService,
    Resolution,
    endpoint,
    entry_services,
    kubernetes_service,
)
from pipeline.core.mesh.mesh_settings import DEFAULT_SETTINGS, MeshSettings, mesh_settings
from pipeline.core.mesh.sidecars import SidecarScope, sidecar_scope
from pipeline.core.mesh.values import exported, labels, namespace_of, within
from pipeline.core.mesh.virtual_services import VirtualService, joined, virtual_service
from pipeline.core.mesh.workloads import Workload, workloads

_KUBERNETES = "networking.k8s.io"


@dataclass(frozen=True, slots=True)
class Mesh:
    """``services`` are in Istio's order: Kubernetes' by name, then ServiceEntries as given.

    ``tls_modes`` holds the mode of PeerAuthentications without a selector, by namespace. ``not_applied`` are objects
    that change Envoy's configuration in a way that is not computed: EnvoyFilters.
    """

    settings: MeshSettings = DEFAULT_SETTINGS
    services: tuple[MeshService, ...] = ()
    virtual_services: tuple[VirtualService, ...] = ()
    destination_rules: DestinationRules = field(default_factory=lambda: DestinationRules((), ""), hash=False)
    gateways: tuple[MeshGateway, ...] = ()
    sidecars: tuple[SidecarScope, ...] = ()
    workloads: tuple[Workload, ...] = ()
    tls_modes: Mapping[str, str] = field(default_factory=dict, hash=False)
    policies: tuple[Resource, ...] = ()
    not_applied: tuple[ResourceId, ...] = ()
    hosts: Mapping[str, tuple[MeshService, ...]] = field(default_factory=dict, hash=False)
    peer_policies: tuple[Resource, ...] = ()

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Mesh":
        """Read all objects; those of other kinds are ignored, and fields of a wrong type count as absent.

        Where objects compete, Istio takes the oldest: here, the first that is given.
        """
        by_kind: dict[tuple[str, str], list[Resource]] = {}
        for resource in resources:
            by_kind.setdefault((resource.id.group, resource.kind), []).append(resource)

        def of_kind(kind: str, group: str = NETWORKING) -> list[Resource]:
            return by_kind.get((group, kind), [])

        settings = mesh_settings(of_kind("ConfigMap", ""))
        gateways = [istio_gateway(gateway) for gateway in of_kind("Gateway")]
        classes = istio_classes(of_kind("GatewayClass", GATEWAY_API))
        for declared in of_kind("Gateway", GATEWAY_API):
            gateways += api_gateways(declared, classes, of_kind("Namespace", ""))
        written = list(map(virtual_service, of_kind("VirtualService")))
        ingresses = istio_ingresses(of_kind("Ingress", _KUBERNETES), of_kind("IngressClass", _KUBERNETES))
        gateways += [ingress_gateway(ingress, settings.root_namespace) for ingress in ingresses]
        services = _services(of_kind)
        peers = tuple(of_kind("PeerAuthentication", SECURITY))
        return cls(
            settings,
            services,
            (
                *joined(written, settings.virtual_service_exports),
                *_api_routes(of_kind, gateways),
                *_ingress_routes(ingresses, settings, services),
            ),
            DestinationRules(map(destination_rule, of_kind("DestinationRule")), settings.root_namespace),
            tuple(gateways),
            tuple(map(sidecar_scope, of_kind("Sidecar"))),
            tuple(workloads(resource for of_one_kind in by_kind.values() for resource in of_one_kind)),
            namespace_modes(peers, settings.root_namespace),
            tuple(of_kind("AuthorizationPolicy", SECURITY)),
            tuple(sorted(envoy_filter.id for envoy_filter in of_kind("EnvoyFilter"))),
            _by_host(services),
            peers,
        )

    def by_host(self, host: str) -> tuple[MeshService, ...]:
        """The services of that name, of every namespace."""
        return self.hosts.get(host, ())

    def visible_services(self, namespace: str) -> list[MeshService]:
        """What is exported to a namespace: its own first, then what names it, then what all see."""
        default = self.settings.service_exports
        ranks: tuple[list[MeshService], ...] = ([], [], [])
        for service in self.services:
            names = service.exports or default
            if not exported(names, service.namespace, namespace):
                continue
            own = service.namespace == namespace
            ranks[2 if "*" in names else 0 if own else 1].append(service)
        return [service for part in ranks for service in part]

    def virtual_services_of(self, gateway: str, namespace: str) -> list[VirtualService]:
        """Those that bind to a gateway (``mesh`` for sidecars) and that a proxy of ``namespace`` sees, in order."""
        default = self.settings.virtual_service_exports
        ranks: tuple[list[VirtualService], ...] = ([], [], [])
        for service in self.virtual_services:
            names = service.exports or default
            if gateway in service.gateways and exported(names, service.namespace, namespace):
                own = service.namespace == namespace
                ranks[2 if "*" in names else 0 if own else 1].append(service)
        return [service for part in ranks for service in part]


def _api_routes(of_kind: Callable[..., list[Resource]], gateways: list[MeshGateway]) -> Iterable[VirtualService]:
    routes = [resource for kind in ROUTE_KINDS for resource in of_kind(kind, GATEWAY_API)]
    return api_virtual_services(routes, gateways, of_kind("ReferenceGrant", GATEWAY_API))


def _ingress_routes(
    ingresses: list[Resource], settings: MeshSettings, services: Iterable[MeshService]
) -> Iterable[VirtualService]:
    ports = {(service.host, port.name): port.number for service in services for port in service.ports}

    def port_of(host: str, name: str) -> int:
        return ports.get((host, name), 0)

    return ingress_routes(ingresses, settings.root_namespace, port_of)


def _by_host(services: Iterable[MeshService]) -> Mapping[str, tuple[MeshService, ...]]:
    services_of: dict[str, list[MeshService]] = {}
    for service in services:
        services_of.setdefault(service.host, []).append(service)
    return {host: tuple(those) for host, those in services_of.items()}


def _services(of_kind: Callable[..., list[Resource]]) -> tuple[MeshService, ...]:
    services = sorted(map(kubernetes_service, of_kind("Service", "")), key=lambda one: (one.name, one.namespace))
    workload_entries = of_kind("WorkloadEntry")
    for entry in of_kind("ServiceEntry"):
        services += entry_services(entry, _selected(entry, workload_entries))
    aliases = _aliases([service for service in services if service.resolution is Resolution.ALIAS])
    return tuple(
        replace(service, aliases=tuple(aliases[service.host])) if service.host in aliases else service
        for service in services
    )


def _aliases(services: list[MeshService]) -> dict[str, list[str]]:
    """By the host at the end of each chain of ExternalNames, the names that lead there; a ring leads nowhere."""
    further = {service.host: service.external_name for service in services}
    aliases: dict[str, list[str]] = {}
    for one in sorted(services, key=lambda service: (service.namespace, service.host)):
        host, seen = one.external_name, {one.host}
        while host in further and host not in seen:
            seen.add(host)
            host = further[host]
        if host not in seen:
            aliases.setdefault(host, []).append(one.host)
    return aliases


def _selected(entry: Resource, workload_entries: Iterable[Resource]) -> tuple[Endpoint, ...]:
    chosen = mapping(entry.body.get("spec")).get("workloadSelector")
    if not isinstance(chosen, dict):
        return ()
    wanted = labels(chosen.get("labels"))
    entries = [
        workload_entry for workload_entry in workload_entries if namespace_of(workload_entry) == namespace_of(entry)
    ]
    ends = (endpoint(mapping(one.body.get("spec"))) for one in sorted(entries, key=lambda one: one.id))
    return tuple(end for end in ends if within(wanted, end.labels))
