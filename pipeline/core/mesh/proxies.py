"""Which proxies a mesh has: a sidecar in each namespace with pods, and each gateway."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.core.mesh.gateways import MeshGateway
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.mesh_services import MeshService
from pipeline.core.mesh.values import within
from pipeline.core.mesh.workloads import Workload

SIDECAR, GATEWAY = "sidecar", "gateway"
_SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease"})
_GATEWAY_LABEL = "istio"
_NAME_LABEL = "gateway.networking.k8s.io/gateway-name"


@dataclass(frozen=True, slots=True)
class Proxy:
    """``services`` are those in front of a gateway, whose target ports it opens."""

    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str] = field(hash=False)
    services: tuple[MeshService, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict, hash=False)
    host: str = ""
    """Of the Gateway API: the Service that Istio makes for it."""

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"


def proxies(mesh: Mesh) -> list[Proxy]:
    """Sidecars by namespace, then gateways by name. A name that two gateways have is written with its namespace."""
    gateways = [*_gateways(mesh), *_made(mesh)]
    names = [gateway.name for gateway in gateways]
    named = [
        Proxy(
            gateway.kind,
            f"{gateway.namespace}/{gateway.name}",
            gateway.namespace,
            gateway.labels,
            gateway.services,
            gateway.ports,
            gateway.host,
        )
        if names.count(gateway.name) > 1
        else gateway
        for gateway in gateways
    ]
    return [*(sidecar(namespace) for namespace in _namespaces(mesh, gateways)), *named]


def sidecar(namespace: str, labels: Mapping[str, str] | None = None) -> Proxy:
    """The sidecar of a pod with ``labels``; without any, of a pod that no selector chooses."""
    return Proxy(SIDECAR, namespace, namespace, labels or {})


def _namespaces(mesh: Mesh, gateways: list[Proxy]) -> list[str]:
    """Those with pods that may have a sidecar; ``default`` where the manifests have none."""
    apart = _SYSTEM | {mesh.settings.root_namespace}
    namespaces = {
        workload.namespace
        for workload in mesh.workloads
        if workload.namespace not in apart and not any(_runs(gateway, workload) for gateway in gateways)
    }
    return sorted(namespaces) or ["default"]


def _runs(gateway: Proxy, workload: Workload) -> bool:
    return gateway.namespace == workload.namespace and within(gateway.labels, workload.labels)


def _gateways(mesh: Mesh) -> Iterator[Proxy]:
    for service in sorted(mesh.services, key=lambda service: (service.name, service.namespace)):
        if service.is_kubernetes and service.selector and _is_gateway(service, mesh):
            pods = [pod for pod in _pods(mesh, service.namespace) if within(service.selector, pod.labels)]
            labels = {**(pods[0].labels if pods else {}), **service.selector}
            ports = pods[0].ports if pods else {}
            yield Proxy(GATEWAY, service.name, service.namespace, labels, (service,), ports)


def _made(mesh: Mesh) -> Iterator[Proxy]:
    """Those that Istio itself deploys for Gateways of the Gateway API."""
    there = {service.host for service in mesh.services}
    made = [gateway for gateway in mesh.gateways if gateway.service and gateway.service not in there]
    service_of = {(gateway_made.source.name, gateway_made.namespace): gateway_made.service for gateway_made in made}
    for (name, namespace), host in sorted(service_of.items()):
        yield Proxy(GATEWAY, name, namespace, {_NAME_LABEL: name}, host=host)


def _is_gateway(service: MeshService, mesh: Mesh) -> bool:
    """By Istio's own label (``istio: ingressgateway``), or because a Gateway selects its pods."""
    if service.selector.get(_GATEWAY_LABEL, "").endswith("gateway"):
        return True
    return any(gateway.service == service.host or _chosen(gateway, service, mesh) for gateway in mesh.gateways)


def _chosen(gateway: MeshGateway, service: MeshService, mesh: Mesh) -> bool:
    if not gateway.selector:  # an empty one chooses every gateway, and makes none
        return False
    if within(gateway.selector, service.selector):
        return True
    pods = (pod for pod in _pods(mesh, service.namespace) if within(service.selector, pod.labels))
    return any(within(gateway.selector, pod.labels) for pod in pods)


def _pods(mesh: Mesh, namespace: str) -> list[Workload]:
    return [workload for workload in mesh.workloads if workload.namespace == namespace]


def workload_proxy(workload: Workload, mesh: Mesh) -> Proxy:
    """The sidecar of a workload, with the Services that lead to it."""
    own = [
        service
        for service in mesh.services
        if service.is_kubernetes and service.namespace == workload.namespace and service.selector
    ]
    leading = tuple(gateway for gateway in own if within(gateway.selector, workload.labels))
    name = f"{workload.kind}/{workload.name}"
    return Proxy(SIDECAR, name, workload.namespace, workload.labels, leading, workload.ports)


def chosen_proxy(mesh: Mesh, every: list[Proxy], wanted: str) -> Proxy | None:
    """The proxy that ``KIND/NAME`` means: ``sidecar/NAMESPACE``, ``gateway/NAME``, ``Deployment/NAME``.

    A workload's name may be ``NAMESPACE/NAME``.
    """
    kind, _, name = wanted.partition("/")
    if kind.lower() == SIDECAR and name:
        return sidecar(name)
    if kind.lower() == GATEWAY:
        return next((gateway for gateway in every if gateway.kind == GATEWAY and gateway.name == name), None)
    namespace, slash, own = name.partition("/")
    for workload in mesh.workloads:
        if workload.kind.lower() == kind.lower() and (
            workload.name == name or (slash and (workload.namespace, workload.name) == (namespace, own))
        ):
            return workload_proxy(workload, mesh)
    return None
