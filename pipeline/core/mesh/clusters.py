"""The clusters of a proxy: one of each port of each service it knows, and one of each subset.

istio/istio: pilot/pkg/networking/core/cluster.go, cluster_builder.go.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.mesh.destination_rules import DestinationRule, Subset
from pipeline.core.mesh.envoy import EnvoyCluster
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.mesh_services import MeshService, Resolution, ServicePort
from pipeline.core.mesh.protocols import Protocol
from pipeline.core.mesh.proxy_scope import ProxyScope
from pipeline.core.mesh.traffic_policy import (
    PROXY_PROTOCOL_SOCKET,
    TLS_SOCKET,
    balancing,
    passes_through,
    port_policy,
    subset_policy,
    tls_mode,
    tls_socket,
)
from pipeline.core.mesh.values import within

_DISCOVERY = {
    Resolution.DNS: "STRICT_DNS",
    Resolution.DNS_ROUND_ROBIN: "LOGICAL_DNS",
    Resolution.DYNAMIC_DNS: "STATIC",
}
"""A cluster that resolves names as requests name them has no discovery type of its own: Envoy's zero is STATIC."""
_PROVIDED = "CLUSTER_PROVIDED"
_ORIGINAL = "ORIGINAL_DST"


def cluster_name(host: str, port: int, subset: str = "") -> str:
    return f"outbound|{port}|{subset}|{host}"


def sni_cluster_name(host: str, port: int, subset: str = "") -> str:
    """Of a gateway that passes the mesh's own TLS through: the name is the server name of the handshake."""
    return f"outbound_.{port}_.{subset}_.{host}"


class Clusters:
    """Builds those of one proxy."""

    def __init__(self, mesh: Mesh, scope: ProxyScope, *, of_gateway: bool) -> None:
        self._mesh, self._scope, self._of_gateway = mesh, scope, of_gateway

    def outbound(self) -> Iterator[EnvoyCluster]:
        for service in self._scope.services:
            if service.resolution is Resolution.ALIAS:
                continue
            rule = self.rule(service)
            for port in service.ports:
                if port.protocol is not Protocol.UDP:
                    yield from self._of_port(service, port, rule)

    def through_sni(self) -> Iterator[EnvoyCluster]:
        """The clusters behind servers with AUTO_PASSTHROUGH: no TLS is added to what is TLS already."""
        for service in self._scope.services:
            if service.is_external or service.resolution is Resolution.ALIAS:
                continue
            rule = self.rule(service)
            for port in service.ports:
                if port.protocol is not Protocol.UDP and _has_endpoints(service, None):
                    for subset in (None, *(rule.subsets if rule else ())):
                        name = sni_cluster_name(service.host, port.number, subset.name if subset else "")
                        general = port_policy(rule.policy if rule else {}, port.number)
                        policy = subset_policy(general, subset.policy, port.number) if subset else general
                        through = passes_through(policy)
                        lb = _PROVIDED if through else balancing(policy)
                        yield EnvoyCluster(name, _ORIGINAL if through else self._discovery(service), lb)

    def rule(self, service: MeshService) -> DestinationRule | None:
        rules = self._mesh.destination_rules
        return rules.applied(service.host, service.namespace, self._scope.namespace, self._scope.pod)

    def _of_port(self, service: MeshService, port: ServicePort, rule: DestinationRule | None) -> Iterator[EnvoyCluster]:
        written = rule.policy if rule else {}
        policy = port_policy(written, port.number)
        if not _has_endpoints(service, None):
            return
        yield self._cluster(service, port, (rule, None), policy, written)
        through = passes_through(policy)
        for subset in rule.subsets if rule else ():
            merged = subset_policy(policy, subset.policy, port.number)
            if through or passes_through(subset.policy) or _has_endpoints(service, subset):
                if through:  # what the rule sets for all, a subset cannot take back
                    merged = {**merged, "loadBalancer": policy["loadBalancer"]}
                yield self._cluster(service, port, (rule, subset), merged, subset.policy)

    def _cluster(
        self,
        service: MeshService,
        port: ServicePort,
        made_by: tuple[DestinationRule | None, Subset | None],
        policy: Mapping[str, Any],
        written: Mapping[str, Any],
    ) -> EnvoyCluster:
        """``policy`` is what holds for the port, ``written`` what the rule or subset says of all ports."""
        rule, subset = made_by
        discovery = _ORIGINAL if passes_through(policy) else self._discovery(service)
        provided = discovery == _ORIGINAL or service.resolution is Resolution.DYNAMIC_DNS
        mode = tls_mode(policy)
        auto = not mode and self._agrees_on_tls(service, passes=passes_through(written))
        for_workload = rule is not None and rule.selector is not None
        socket = tls_socket(policy, of_gateway=self._of_gateway, for_workload=for_workload)
        if auto and socket == PROXY_PROTOCOL_SOCKET:  # it is in what the proxy chooses from by endpoint
            socket = ""
        if auto and discovery == _ORIGINAL:  # no endpoint is known by which the proxy could choose
            auto, socket = False, socket or TLS_SOCKET
            mode = "ISTIO_MUTUAL"
        details = {key: value for key, value in policy.items() if key != "portLevelSettings"}
        return EnvoyCluster(
            name=cluster_name(service.host, port.number, subset.name if subset else ""),
            discovery=discovery,
            lb=_PROVIDED if provided else balancing(policy),
            auto_mtls=auto,
            tls=socket,
            tls_mode=mode or ("auto" if auto else "DISABLE"),
            details={**details, **({"labels": dict(subset.labels)} if subset else {})},
        )

    def _discovery(self, service: MeshService) -> str:
        if service.resolution is Resolution.PASSTHROUGH:
            return "EDS" if self._of_gateway else _ORIGINAL
        return _DISCOVERY.get(service.resolution, "EDS")

    def _agrees_on_tls(self, service: MeshService, *, passes: bool) -> bool:
        """Whether Istio makes it mTLS where the other end has a sidecar (BestEffortInferServiceMTLSMode)."""
        if service.is_external or not self._mesh.settings.auto_mtls:
            return False
        by_endpoint = service.resolution is Resolution.PASSTHROUGH or passes
        if by_endpoint and not (service.endpoints and all(end.has_mesh_tls for end in service.endpoints)):
            return False
        modes = self._mesh.tls_modes
        return modes.get(service.namespace, modes.get("", "PERMISSIVE")) != "DISABLE"


def _has_endpoints(service: MeshService, subset: Subset | None) -> bool:
    """A cluster that resolves DNS is left out where no endpoint is named, or none has the labels of the subset."""
    if service.resolution not in (Resolution.DNS, Resolution.DNS_ROUND_ROBIN):
        return True
    return any(subset is None or within(subset.labels, end.labels) for end in service.endpoints)
