"""The view of a proxy as JSON: Envoy's names of fields, and no field that is empty."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.mesh.envoy import EnvoyCluster, EnvoyListener, EnvoyRoute, ProxyView, RouteTable, VirtualHost


def view_json(proxies: Mapping[str, ProxyView]) -> dict[str, Any]:
    """``{"sidecar NAMESPACE": {"clusters": [...], "listeners": [...], "routes": [...]}, "gateway NAME": ...}``."""
    return {name: proxy_json(proxies[name]) for name in sorted(proxies)}


def proxy_json(view: ProxyView) -> dict[str, Any]:
    return {
        "clusters": [cluster_json(cluster) for cluster in view.clusters],
        "listeners": [listener_json(listener) for listener in view.listeners],
        "routes": [table_json(table) for table in view.tables],
    }


def _filled(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value not in ("", None, False) and value != {}}


def cluster_json(cluster: EnvoyCluster) -> dict[str, Any]:
    return _filled(
        name=cluster.name, discovery=cluster.discovery, lb=cluster.lb, auto_mtls=cluster.auto_mtls, tls=cluster.tls
    )


def listener_json(listener: EnvoyListener) -> dict[str, Any]:
    return {
        "name": listener.name, "address": listener.address, "port": listener.port, "filters": list(listener.filters)
    }  # fmt: skip


def table_json(table: RouteTable) -> dict[str, Any]:
    return {"name": table.name, "virtual_hosts": [_host_json(host) for host in table.hosts]}


def _host_json(host: VirtualHost) -> dict[str, Any]:
    data: dict[str, Any] = {"name": host.name, "domains": list(host.domains)}
    data["routes"] = [route_json(route) for route in host.routes] or None
    return {**data, "require_tls": "ALL"} if host.requires_tls else data


def route_json(route: EnvoyRoute) -> dict[str, Any]:
    data = _filled(
        match=dict(route.match),
        name=route.name,
        timeout=route.timeout,
        host_rewrite=route.host_rewrite,
        prefix_rewrite=route.prefix_rewrite,
        regex_rewrite=dict(route.regex_rewrite),
        redirect=dict(route.redirect),
        direct_response=dict(route.direct_response),
        mirror=route.mirror,
        fault=route.has_fault,
    )
    if route.retries is not None:
        data["retries"] = route.retries
    if not route.redirect and not route.direct_response:
        data["to"] = [{"cluster": cluster.cluster, "weight": cluster.weight} for cluster in route.to]
    return data
