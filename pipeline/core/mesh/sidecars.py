"""Sidecar resources: what the proxies of a namespace may know of the mesh."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.kube.resource import Resource, ResourceId, mapping
from pipeline.core.mesh.hosts import resolve_host
from pipeline.core.mesh.protocols import Protocol, parse_protocol
from pipeline.core.mesh.values import NOWHERE, entries, labels, namespace_of, number, text, texts, within


@dataclass(frozen=True, slots=True)
class EgressListener:
    """``hosts`` are ``namespace/host``. ``port`` is 0 for the listener that stands for every port."""

    hosts: tuple[str, ...]
    port: int = 0
    protocol: Protocol = Protocol.UNSUPPORTED
    bind: str = ""
    captures: bool = True

    @property
    def matches_port(self) -> bool:
        """Whether it takes only services that have its port."""
        return bool(self.port) and self.protocol is not Protocol.HTTP_PROXY


@dataclass(frozen=True, slots=True)
class SidecarScope:
    """``allows_any`` is None where the resource does not say it: then the mesh's setting holds."""

    name: str
    namespace: str
    selector: Mapping[str, str] | None = field(hash=False)
    egress: tuple[EgressListener, ...]
    allows_any: bool | None = None
    egress_proxy: Mapping[str, Any] = field(default_factory=dict, hash=False)
    ingress: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)
    source: ResourceId = NOWHERE


EVERYTHING = (EgressListener(("*/*",)),)


def sidecar_scope(resource: Resource) -> SidecarScope:
    spec, namespace = mapping(resource.body.get("spec")), namespace_of(resource)
    chosen = spec.get("workloadSelector")
    policy = spec.get("outboundTrafficPolicy")
    proxy = mapping(mapping(policy).get("egressProxy"))
    return SidecarScope(
        name=resource.id.name,
        namespace=namespace,
        selector=labels(chosen.get("labels")) if isinstance(chosen, dict) else None,
        egress=tuple(map(_egress, entries(spec.get("egress")))) or EVERYTHING,
        # Without a mode, protobuf's zero holds: REGISTRY_ONLY.
        allows_any=mapping(policy).get("mode") == "ALLOW_ANY" if isinstance(policy, dict) else None,
        egress_proxy={**proxy, "host": resolve_host(text(proxy.get("host")), namespace)} if proxy else {},
        ingress=entries(spec.get("ingress")),
        source=resource.id,
    )


def _egress(entry: Mapping[str, Any]) -> EgressListener:
    port = mapping(entry.get("port"))
    return EgressListener(
        hosts=texts(entry.get("hosts")),
        port=number(port.get("number")),
        protocol=parse_protocol(text(port.get("protocol"))),
        bind=text(entry.get("bind")),
        captures=entry.get("captureMode") != "NONE",
    )


def scope_of(scopes: Iterable[SidecarScope], namespace: str, pod: Mapping[str, str], root: str) -> SidecarScope | None:
    """The one resource that holds for a pod: by its labels, else of its namespace, else of the root namespace."""
    ordered = list(scopes)
    own = [scope for scope in ordered if scope.namespace == namespace]
    for scope in own:
        if scope.selector and within(scope.selector, pod):
            return scope
    for scope in (*own, *(scope for scope in ordered if scope.namespace == root)):
        if not scope.selector:
            return scope
    return None
