"""Gateways and routes of the Gateway API in the view of a mesh."""

from typing import Any

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.view import mesh_views
from pipeline.core.mesh.view_json import view_json
from tests.core.mesh.test_gateway_view import _EDGE, _PODS
from tests.core.mesh.test_sidecar_view import hosts, listeners, routes, service


def api(kind: str, name: str, spec: dict[str, Any], namespace: str = "shop") -> Resource:
    metadata = {"name": name, "namespace": namespace}
    return Resource.of({"apiVersion": "gateway.networking.k8s.io/v1", "kind": kind, "metadata": metadata, "spec": spec})


def gateway(*more: dict[str, Any], **spec: Any) -> Resource:
    listener = {"name": "http", "port": 80, "protocol": "HTTP"}
    return api("Gateway", "edge", {"gatewayClassName": "istio", "listeners": [listener, *more], **spec})


def route(*rules: dict[str, Any], namespace: str = "shop", kind: str = "HTTPRoute", **spec: Any) -> Resource:
    parents = [{"name": "edge", "namespace": "shop"}]
    return api(kind, "r", {"parentRefs": parents, "rules": list(rules), **spec}, namespace)


def view(*objects: Resource, proxy: str = "gateway edge") -> dict[str, Any]:
    return dict(view_json(mesh_views(Mesh.of([service("a", ("http", 80)), *objects])))[proxy])


def test_the_most_specific_match_comes_first() -> None:
    def rule(**path: str) -> dict[str, Any]:
        return {"matches": [{"path": path}], "backendRefs": [{"name": "a", "port": 80}]}

    found = view(
        gateway(),
        route(
            rule(type="PathPrefix", value="/"), rule(type="PathPrefix", value="/a/"), rule(type="Exact", value="/a"),
            hostnames=["x.example"],
        ),
    )  # fmt: skip
    assert listeners(found) == {"0.0.0.0_80": ["http_connection_manager"]}
    matches = [one["match"] for one in routes(found, "http.80", "x.example:80")]
    assert matches == [
        {"path": "/a", "case_sensitive": True},
        {"path_separated_prefix": "/a", "case_sensitive": True},
        {"prefix": "/", "case_sensitive": True},
    ]


def test_weights_filters_and_timeouts() -> None:
    path = {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/n"}
    rule = {
        "filters": [
            {"type": "URLRewrite", "urlRewrite": {"hostname": "h", "path": path}},
            {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m", "port": 8}}},
        ],
        "timeouts": {"request": "3s"},
        "backendRefs": [{"name": "a", "port": 80, "weight": 3}, {"name": "b", "port": 81}],
    }  # fmt: skip
    (found,) = routes(view(gateway(), route(rule)), "http.80", "*:80")
    assert found == {
        "match": {"prefix": "/", "case_sensitive": True},
        "name": "shop.r.0",
        "to": [
            {"cluster": "outbound|80||a.shop.svc.cluster.local", "weight": 3},
            {"cluster": "outbound|81||b.shop.svc.cluster.local", "weight": 1},
        ],
        "timeout": "3s",
        "retries": 2,
        "host_rewrite": "h",
        "prefix_rewrite": "/n",
        "mirror": "outbound|8||m.shop.svc.cluster.local",
    }


def test_a_redirect_answers_302_at_the_port_that_was_asked() -> None:
    rule = {"filters": [{"type": "RequestRedirect", "requestRedirect": {"hostname": "n.example"}}]}
    (found,) = routes(view(gateway(), route(rule)), "http.80", "*:80")
    assert found["redirect"] == {"host_redirect": "n.example", "path_redirect": "", "response_code": "FOUND"}


def test_another_namespace_must_be_allowed_to_attach_and_to_be_led_to() -> None:
    to_a = {"backendRefs": [{"name": "a", "namespace": "shop", "port": 80}]}
    other = route(to_a, namespace="other")
    assert hosts(view(gateway(), other), "http.80") == {"blackhole:80": ["*"]}
    everyone = api("Gateway", "edge", {
        "gatewayClassName": "istio",
        "listeners": [{"name": "h", "port": 80, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "All"}}}],
    })  # fmt: skip
    (refused,) = routes(view(everyone, other), "http.80", "*:80")
    assert refused["to"] == [{"cluster": "UnknownService", "weight": 100}]
    grant = {"from": [{"kind": "HTTPRoute", "namespace": "other"}], "to": [{"kind": "Service"}]}
    (found,) = routes(view(everyone, other, api("ReferenceGrant", "g", grant)), "http.80", "*:80")
    assert found["to"] == [{"cluster": "outbound|80||a.shop.svc.cluster.local", "weight": 100}]


def test_a_gateway_may_name_the_service_that_is_there() -> None:
    address = [{"type": "Hostname", "value": "edge.istio-system.svc.cluster.local"}]
    found = view(_EDGE, _PODS, gateway(addresses=address), route({"backendRefs": [{"name": "a", "port": 80}]}))
    assert "http.8080" in {table["name"] for table in found["routes"]}


def test_classes_of_others_are_not_istio_s() -> None:
    other = api("Gateway", "edge", {"gatewayClassName": "nginx", "listeners": [{"port": 80, "protocol": "HTTP"}]})
    assert list(mesh_views(Mesh.of([other]))) == ["sidecar default"]


def test_grpc_and_tls_routes() -> None:
    method = {"matches": [{"method": {"service": "s.S", "method": "M"}}], "backendRefs": [{"name": "a", "port": 80}]}
    (found,) = routes(view(gateway(), route(method, kind="GRPCRoute")), "http.80", "*:80")
    assert found["match"]["path"] == "/s.S/M"
    tls = {"name": "tls", "port": 443, "protocol": "TLS", "tls": {"mode": "Passthrough"}}
    passed = route({"backendRefs": [{"name": "a", "port": 443}]}, kind="TLSRoute", hostnames=["t.example"])
    assert listeners(view(gateway(tls), passed))["0.0.0.0_443"] == ["tcp_proxy"]


def test_a_route_of_a_service_is_for_sidecars() -> None:
    mesh = api("HTTPRoute", "r", {
        "parentRefs": [{"kind": "Service", "group": "", "name": "a"}],
        "rules": [{"timeouts": {"request": "1s"}, "backendRefs": [{"name": "a", "port": 80}]}],
    })  # fmt: skip
    (found,) = routes(view(mesh, proxy="sidecar default"), "80", "a.shop.svc.cluster.local:80")
    assert found["timeout"] == "1s"
