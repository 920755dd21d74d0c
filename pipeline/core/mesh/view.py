"""The view of each proxy of a mesh: what its Envoy would be told. Computed from manifests alone."""

from collections.abc import Iterator, Mapping

from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.accepted_tls import accepted
from pipeline.core.mesh.clusters import Clusters
from pipeline.core.mesh.envoy import EnvoyCluster, ProxyView
from pipeline.core.mesh.gateway_servers import joined_servers
from pipeline.core.mesh.gateway_view import GatewayView
from pipeline.core.mesh.gateways import MeshGateway
from pipeline.core.mesh.hosts import MESH_GATEWAY
from pipeline.core.mesh.http_routes import RoutedProxy
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.proxies import GATEWAY, Proxy, proxies
from pipeline.core.mesh.proxy_scope import ProxyScope, gateway_scope, sidecar_proxy_scope
from pipeline.core.mesh.route_words import accepted_words
from pipeline.core.mesh.sidecar_listeners import SidecarListeners
from pipeline.core.mesh.sidecar_tables import sidecar_table
from pipeline.core.mesh.values import labels, namespace_of, number, text, within

_PROVIDED = "CLUSTER_PROVIDED"
_NO_TRANSLATION = "experimental.istio.io/disable-gateway-port-translation"
_BLACK_HOLE = EnvoyCluster("BlackHoleCluster", "STATIC")
_OF_SIDECARS = (
    _BLACK_HOLE,
    EnvoyCluster("InboundPassthroughCluster", "ORIGINAL_DST", _PROVIDED),
    EnvoyCluster("PassthroughCluster", "ORIGINAL_DST", _PROVIDED),
)


def mesh_views(mesh: Mesh) -> dict[str, ProxyView]:
    """By title: ``sidecar NAMESPACE``, ``gateway NAME``."""
    return {proxy.title: proxy_view(mesh, proxy) for proxy in proxies(mesh)}


def proxy_view(mesh: Mesh, proxy: Proxy) -> ProxyView:
    return _gateway(mesh, proxy) if proxy.kind == GATEWAY else _sidecar(mesh, proxy)


def _sidecar(mesh: Mesh, proxy: Proxy) -> ProxyView:
    scope = sidecar_proxy_scope(mesh, proxy.namespace, proxy.labels)
    by_host = {service.host: service for service in scope.services}

    def routed(port: int) -> RoutedProxy:
        names = frozenset({MESH_GATEWAY})
        return RoutedProxy(proxy.namespace, proxy.labels, names, port, by_host.get, retries=mesh.settings.retries)

    builder = SidecarListeners(scope, routed)
    taken = accepted(mesh.peer_policies, mesh.tls_modes, proxy.namespace, proxy.labels)
    listeners = builder.build(has_policies=_has_policies(mesh, proxy), accepts=accepted_words(*taken))
    tables = [sidecar_table(request, scope, routed(request.port)) for request in builder.tables.values()]
    clusters = [*Clusters(mesh, scope, of_gateway=False).outbound(), *_OF_SIDECARS, *_inbound(scope, proxy)]
    return ProxyView.of(clusters, listeners, tables)


def _inbound(scope: ProxyScope, proxy: Proxy) -> Iterator[EnvoyCluster]:
    """One of each port of the pod that a Service names, or that the Sidecar lists instead."""
    if scope.ingress:
        for listener in scope.ingress:
            end = text(listener.get("defaultEndpoint"))
            local = end.startswith(("127.0.0.1:", "[::1]:", "0.0.0.0:", "[::]:", "unix:"))
            name = f"inbound|{number(mapping(listener.get('port')).get('number'))}||"
            yield EnvoyCluster(name, "STATIC") if local else EnvoyCluster(name, "ORIGINAL_DST", _PROVIDED)
        return
    targets = {_target(port.target, port.number, proxy) for service in proxy.services for port in service.ports}
    for port in sorted(targets):
        yield EnvoyCluster(f"inbound|{port}||", "ORIGINAL_DST", _PROVIDED)


def _target(target: int | str, otherwise: int, proxy: Proxy) -> int:
    if isinstance(target, str):
        return proxy.ports.get(target, otherwise) if target else otherwise
    return target or otherwise


def _gateway(mesh: Mesh, proxy: Proxy) -> ProxyView:
    scope = gateway_scope(mesh, proxy.namespace, proxy.labels)
    hosts = {proxy.host, *(service.host for service in proxy.services)}
    chosen = [gateway for gateway in mesh.gateways if _serves(gateway, proxy, hosts)]

    def port_of(wanted: int) -> int:
        for service in proxy.services:
            port = service.port(wanted)
            if port is not None and _NO_TRANSLATION not in service.labels:
                return _target(port.target, port.number, proxy)
        return wanted

    joined = joined_servers(chosen, port_of)
    builder = GatewayView(mesh, scope, joined, _has_policies(mesh, proxy))
    clusters = Clusters(mesh, scope, of_gateway=True)
    through = any(owned.server.tls_mode == "AUTO_PASSTHROUGH" for those in joined.ports.values() for owned in those)
    all_clusters = [*clusters.outbound(), _BLACK_HOLE, *(clusters.through_sni() if through else ())]
    return ProxyView.of(all_clusters, builder.listeners(), builder.tables())


def _serves(gateway: MeshGateway, proxy: Proxy, hosts: set[str]) -> bool:
    if gateway.service:
        return gateway.service in hosts
    return not proxy.host and within(gateway.selector, proxy.labels)


def _has_policies(mesh: Mesh, proxy: Proxy) -> bool:
    """Whether an AuthorizationPolicy holds for the proxy, so that its listeners check access."""
    return any(_holds(policy, mesh, proxy) for policy in mesh.policies)


def _holds(policy: Resource, mesh: Mesh, proxy: Proxy) -> bool:
    spec: Mapping[str, object] = mapping(policy.body.get("spec"))
    if namespace_of(policy) not in (proxy.namespace, mesh.settings.root_namespace):
        return False
    if spec.get("targetRef") or spec.get("targetRefs"):
        return False
    return within(labels(mapping(spec.get("selector")).get("matchLabels")), proxy.labels)
