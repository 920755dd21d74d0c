"""Corners of the view in which Istio's own discovery code (1.31 line) was asked, and answered like this."""

from typing import Any

import pytest

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.view import mesh_views
from pipeline.core.mesh.view_json import view_json
from tests.core.mesh.test_gateway_api import api, gateway, route
from tests.core.mesh.test_gateway_api import view as at_gateway
from tests.core.mesh.test_gateway_view import _EDGE
from tests.core.mesh.test_sidecar_view import clusters, hosts, listeners, obj, routes, service, to, view, virtual

_A, _B = service("a", ("http", 80), ("http-b", 81)), service("b", ("http", 80), ip="10.0.0.2")
_HOST = "a.shop.svc.cluster.local"


def test_a_regex_that_takes_everything_ends_the_routes() -> None:
    everything = {"match": [{"uri": {"regex": ".*"}}], **to("b")}
    (found,) = routes(view(_A, _B, virtual("v", ["a"], http=[everything, to("a")])), "80", f"{_HOST}:80")
    assert found["match"] == {"safe_regex": {"regex": ".*"}, "case_sensitive": True}


def test_of_two_for_one_host_the_first_counts_also_where_it_delegates() -> None:
    root = virtual("root", ["a"], {"delegate": {"name": "inner"}})
    inner = obj("VirtualService", "inner", {"http": [{"retries": {"attempts": 4}, **to("b")}]})
    (found,) = routes(view(_A, _B, root, virtual("later", ["a"], to("a")), inner), "80", f"{_HOST}:80")
    assert found["retries"] == 4


def test_hosts_are_compared_in_lower_case_on_every_port() -> None:
    found = view(_A, _B, virtual("v", ["A.shop.svc.cluster.local"], http=[to("b")]))
    for port in ("80", "81"):
        (one,) = routes(found, port, f"{_HOST}:{port}")
        assert one["to"][0]["cluster"].endswith("||b.shop.svc.cluster.local")


def test_hbone_is_no_word_of_a_port() -> None:
    found = listeners(view(service("a", ("hbone", 91))))
    assert found["10.0.0.1_91"] == ["http_connection_manager", "tcp_proxy"]


def test_the_proxy_protocol_is_chosen_by_endpoint_where_mtls_is() -> None:
    def tls(**policy: Any) -> object:
        rule = obj("DestinationRule", "a", {"host": "a", "trafficPolicy": {"proxyProtocol": {}, **policy}})
        return clusters(view(_A, rule))[f"outbound|80||{_HOST}"].get("tls")

    assert tls() is None
    assert tls(tls={"mode": "SIMPLE"}) == "envoy.transport_sockets.upstream_proxy_protocol"


def test_a_wildcard_that_is_resolved_as_it_is_named_has_its_own_filter() -> None:
    ports = [{"number": 443, "name": "tls", "protocol": "TLS"}]
    entry = obj("ServiceEntry", "e", {"hosts": ["*.ext"], "ports": ports, "resolution": "DYNAMIC_DNS"})
    wanted = ["envoy.extensions.filters.network.sni_dynamic_forward_proxy", "tcp_proxy"]
    assert listeners(view(entry))["0.0.0.0_443"] == wanted


def test_a_gateway_reads_mongo() -> None:
    server = {"port": {"number": 31400, "name": "mongo", "protocol": "MONGO"}, "hosts": ["*"]}
    made = obj("Gateway", "g", {"selector": {"istio": "gateway"}, "servers": [server]})
    tcp = obj(
        "VirtualService", "v", {"hosts": ["*"], "gateways": ["g"], "tcp": [{"route": [{"destination": {"host": "a"}}]}]}
    )
    found = view_json(mesh_views(Mesh.of([_EDGE, _A, made, tcp])))["gateway edge"]
    assert listeners(found)["0.0.0.0_31400"] == ["mongo_proxy", "tcp_proxy"]


@pytest.mark.parametrize(
    "backend", [{"name": "a"}, {"name": "a.shop", "port": 80}], ids=["without a port", "with a host name"]
)
def test_one_wrong_backend_drops_the_whole_route(backend: dict[str, Any]) -> None:
    good = {"backendRefs": [{"name": "a", "port": 80}]}
    assert hosts(at_gateway(gateway(), route(good, {"backendRefs": [backend]})), "http.80") == {"blackhole:80": ["*"]}


def test_a_route_of_the_mesh_may_be_for_one_port_and_needs_no_grant() -> None:
    parent = {"group": "", "kind": "Service", "name": "a", "port": 80}
    rule = {"name": "one", "backendRefs": [{"name": "c", "namespace": "other", "port": 80}]}
    found = view(_A, api("HTTPRoute", "r", {"parentRefs": [parent], "rules": [rule]}))
    ((first,), (second,)) = (routes(found, port, f"{_HOST}:{port}") for port in ("80", "81"))
    assert (first["name"], first["to"][0]["cluster"]) == ("one", "outbound|80||c.other.svc.cluster.local")
    assert second["name"] == "default"


def test_retries_and_timeouts_of_the_gateway_api() -> None:
    def asked(**rule: Any) -> tuple[Any, Any]:
        (found,) = routes(
            at_gateway(gateway(), route({"backendRefs": [{"name": "a", "port": 80}], **rule})), "http.80", "*:80"
        )
        return found["timeout"], found.get("retries")

    assert asked(timeouts={"request": "5s", "backendRequest": "2s"}) == ("2s", 2)
    assert asked(timeouts={"request": "5s", "backendRequest": "2s"}, retry={"attempts": 3}) == ("5s", 3)
    assert asked(retry={}) == ("0s", 2)
    assert asked(retry={"attempts": 0}, timeouts={"request": "0s"}) == ("0s", None)


def test_weights_of_nothing_are_left_out() -> None:
    one, none = {"name": "a", "port": 80}, {"name": "b", "port": 80, "weight": 0}
    (found,) = routes(at_gateway(gateway(), route({"backendRefs": [one, none]})), "http.80", "*:80")
    assert found["to"] == [{"cluster": f"outbound|80||{_HOST}", "weight": 100}]
    (found,) = routes(at_gateway(gateway(), route({"backendRefs": [none]})), "http.80", "*:80")
    assert found["direct_response"] == {"status": 500}


def test_ingresses_share_a_host_and_know_old_paths() -> None:
    def ingress(name: str, *paths: tuple[str, str]) -> Resource:
        backend = {"service": {"name": "a", "port": {"number": 80}}}
        listed = [{"path": path, "pathType": kind, "backend": backend} for path, kind in paths]
        spec = {"defaultBackend": backend, "rules": [{"host": "i.example", "http": {"paths": listed}}]}
        metadata = {"name": name, "namespace": "shop", "annotations": {"kubernetes.io/ingress.class": "istio"}}
        return Resource.of(
            {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}
        )

    edge = obj(
        "Service",
        "edge",
        {"selector": {"istio": "ingressgateway"}, "ports": [{"name": "h", "port": 80}]},
        "istio-system",
    )
    old = "ImplementationSpecific"
    objects = [
        edge,
        _A,
        ingress("one", ("/x", "Prefix"), ("/zz", old), ("/w/*", old)),
        ingress("two", ("/long", "Exact")),
    ]
    found = view_json(mesh_views(Mesh.of(objects)))["gateway edge"]
    assert list(hosts(found, "http.80")) == ["i.example:80"]
    asked = [one["match"] for one in routes(found, "http.80", "i.example:80")]
    for one in asked:
        del one["case_sensitive"]
    assert asked == [
        {"path": "/long"},
        {"path": "/zz"},
        {"path_separated_prefix": "/x"},
        {"path_separated_prefix": "/w"},
    ]
