"""What a gateway is told, feature by feature. The right values follow Istio 1.30's pilot/pkg/networking/core."""

from typing import Any

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.proxies import proxies
from pipeline.core.mesh.view import mesh_views
from pipeline.core.mesh.view_json import view_json
from tests.core.mesh.test_sidecar_view import clusters, hosts, listeners, obj, routes, service, to, virtual

_EDGE = obj(
    "Service",
    "edge",
    {
        "clusterIP": "10.0.0.9",
        "selector": {"istio": "gateway"},
        "ports": [
            {"name": "http", "port": 80, "targetPort": 8080},
            {"name": "https", "port": 443, "targetPort": "web"},
        ],
    },
    "istio-system",
)
_PODS = Resource.of(
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "edge", "namespace": "istio-system"},
        "spec": {
            "template": {
                "metadata": {"labels": {"istio": "gateway"}},
                "spec": {"containers": [{"name": "proxy", "ports": [{"name": "web", "containerPort": 8443}]}]},
            }
        },
    }
)
_A = service("a", ("http", 80), ("tcp", 9))


def server(number: int, protocol: str, *names: str, **more: Any) -> dict[str, Any]:
    return {"port": {"number": number, "name": f"p{number}", "protocol": protocol}, "hosts": list(names), **more}


def gateway(name: str, *servers: dict[str, Any], namespace: str = "istio-system") -> Resource:
    return obj("Gateway", name, {"selector": {"istio": "gateway"}, "servers": list(servers)}, namespace)


def view(*objects: Resource) -> dict[str, Any]:
    found = view_json(mesh_views(Mesh.of([_EDGE, _PODS, _A, *objects])))
    return dict(found["gateway edge"])


def bound(name: str, names: list[str], *http: dict[str, Any], **spec: Any) -> Resource:
    return virtual(name, names, *http, gateways=["istio-system/g"], **spec)


def test_ports_are_those_of_the_pods() -> None:
    tls = {"mode": "SIMPLE", "credentialName": "c"}
    found = view(gateway("g", server(80, "HTTP", "*"), server(443, "HTTPS", "*", tls=tls), server(15000, "HTTP", "*")))
    assert list(listeners(found)) == ["0.0.0.0_15000", "0.0.0.0_8080", "0.0.0.0_8443"]
    assert [table["name"] for table in found["routes"]] == ["http.15000", "http.8080", "https.443.p443.g.istio-system"]
    assert hosts(found, "http.8080") == {"blackhole:80": ["*"]}


def test_servers_of_two_gateways_share_a_port() -> None:
    found = view(
        gateway("g", server(80, "HTTP", "a.example")),
        gateway("h", server(80, "HTTP", "b.example")),
        bound("v", ["a.example"], to("a", port={"number": 80})),
        virtual("w", ["b.example"], to("a", port={"number": 80}), gateways=["istio-system/h"]),
    )
    assert hosts(found, "http.8080") == {"a.example:80": ["a.example"], "b.example:80": ["b.example"]}


def test_a_server_of_another_protocol_on_a_taken_port_is_refused() -> None:
    tcp = bound("v", ["*"], tcp=[{"route": [{"destination": {"host": "a", "port": {"number": 9}}}]}])
    assert listeners(view(gateway("g", server(80, "HTTP", "*"), server(80, "TCP", "*")), tcp)) == {
        "0.0.0.0_8080": ["http_connection_manager"]
    }
    assert listeners(view(gateway("g", server(80, "TCP", "*"), server(80, "HTTP", "*")), tcp)) == {
        "0.0.0.0_8080": ["tcp_proxy"]
    }


def test_tcp_without_a_route_opens_nothing() -> None:
    assert listeners(view(gateway("g", server(9000, "TCP", "*")))) == {}


def test_hosts_of_one_virtual_service_share_their_routes() -> None:
    found = view(gateway("g", server(80, "HTTP", "*")), bound("v", ["b.org", "long.example", "*.w.org"], to("a")))
    assert hosts(found, "http.8080") == {"long.example:80": ["long.example", "b.org", "*.w.org"]}


def test_a_server_may_be_for_one_namespace() -> None:
    here = gateway("g", server(80, "HTTP", "other/*"))
    assert hosts(view(here, bound("v", ["a.example"], to("a"))), "http.8080") == {"blackhole:80": ["*"]}
    other = virtual("v", ["a.example"], to("a"), namespace="other", gateways=["istio-system/g"])
    assert hosts(view(here, other), "http.8080") == {"a.example:80": ["a.example"]}


def test_the_narrower_of_two_hosts_is_served() -> None:
    found = view(gateway("g", server(80, "HTTP", "a.example.org")), bound("v", ["*.example.org"], to("a")))
    assert hosts(found, "http.8080") == {"a.example.org:80": ["a.example.org"]}


def test_a_redirect_to_https_needs_no_route() -> None:
    found = view(gateway("g", server(80, "HTTP", "a.example", "b.example", tls={"httpsRedirect": True})))
    (table,) = found["routes"]
    assert table["virtual_hosts"] == [
        {"name": "a.example:80", "domains": ["a.example", "b.example"], "routes": None, "require_tls": "ALL"}
    ]


def test_what_takes_everything_comes_last_at_a_gateway() -> None:
    first = bound("a", ["a.example"], to("a", subset="all"))
    second = bound("b", ["a.example"], {"match": [{"uri": {"prefix": "/b"}}], **to("a", subset="b")})
    found = routes(view(gateway("g", server(80, "HTTP", "*")), first, second), "http.8080", "a.example:80")
    assert [route["match"]["prefix"] for route in found] == ["/b", "/"]


def test_tls_passes_through_by_server_name_once() -> None:
    def tls(name: str) -> dict[str, Any]:
        match = [{"sniHosts": [name], "port": 443}]
        return {"match": match, "route": [{"destination": {"host": "a", "port": {"number": 9}}}]}

    mesh = Mesh.of(
        [
            _EDGE, _PODS, _A, gateway("g", server(443, "TLS", "*.example", tls={"mode": "PASSTHROUGH"})),
            bound("v", ["a.example"], tls=[tls("a.example"), tls("a.example")]),
        ]
    )  # fmt: skip
    (listener,) = mesh_views(mesh)["gateway edge"].listeners
    assert [(chain.sni, chain.to[0].cluster) for chain in listener.chains] == [
        (("a.example",), "outbound|9||a.shop.svc.cluster.local")
    ]


def test_the_mesh_own_tls_passes_through_to_each_cluster() -> None:
    found = view(gateway("g", server(15443, "TLS", "*.local", tls={"mode": "AUTO_PASSTHROUGH"})))
    assert clusters(found)["outbound_.9_._.a.shop.svc.cluster.local"] == {"discovery": "EDS"}
    assert listeners(found) == {"0.0.0.0_15443": ["tcp_proxy"]}


def test_routes_for_the_mesh_alone_are_not_at_the_gateway() -> None:
    only = {"match": [{"gateways": ["mesh"]}], **to("a", subset="x")}
    found = view(
        gateway("g", server(80, "HTTP", "*")),
        virtual("v", ["a.example"], only, to("a"), gateways=["mesh", "istio-system/g"]),
    )
    assert [route["to"][0]["cluster"] for route in routes(found, "http.8080", "a.example:80")] == [
        "outbound|80||a.shop.svc.cluster.local"
    ]


def test_an_ingress_of_istio_s_class_is_served_by_the_ingress_gateway() -> None:
    paths = [
        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "a", "port": {"name": "http"}}}},
        {"path": "/x/", "pathType": "Prefix", "backend": {"service": {"name": "a", "port": {"number": 9}}}},
    ]
    spec = {"rules": [{"host": "i.example", "http": {"paths": paths}}], "tls": [{"secretName": "c"}]}
    metadata = {"name": "i", "namespace": "shop", "annotations": {"kubernetes.io/ingress.class": "istio"}}
    body = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
    ports = {"selector": {"istio": "ingressgateway"}, "ports": [{"name": "http", "port": 80}]}
    edge = obj("Service", "edge", ports, "istio-system")
    found = view_json(mesh_views(Mesh.of([edge, _A, Resource.of(body)])))["gateway edge"]
    assert list(listeners(found)) == ["0.0.0.0_443", "0.0.0.0_80"]
    assert [(one["match"], one["to"][0]["cluster"]) for one in routes(found, "http.80", "i.example:80")] == [
        ({"path_separated_prefix": "/x", "case_sensitive": True}, "outbound|9||a.shop.svc.cluster.local"),
        ({"prefix": "/", "case_sensitive": True}, "outbound|80||a.shop.svc.cluster.local"),
    ]
    other = Resource.of({**body, "metadata": {**metadata, "annotations": {}}})
    assert view_json(mesh_views(Mesh.of([edge, _A, other])))["gateway edge"]["routes"] == []


def test_which_proxies_there_are() -> None:
    pod = {"template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": []}}}
    shop = Resource.of(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x", "namespace": "shop"}, "spec": pod}
    )
    assert [one.title for one in proxies(Mesh.of([_EDGE, _PODS, shop]))] == ["sidecar shop", "gateway edge"]
    assert [one.title for one in proxies(Mesh.of([_A]))] == ["sidecar default"]
