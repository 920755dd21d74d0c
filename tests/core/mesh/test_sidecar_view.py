"""What a sidecar is told, feature by feature. The right values follow Istio 1.30's pilot/pkg/networking/core."""

from typing import Any

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.proxies import sidecar
from pipeline.core.mesh.view import proxy_view
from pipeline.core.mesh.view_json import proxy_json

_ISTIO = "networking.istio.io/v1"
_CLUSTERS = ("BlackHoleCluster", "InboundPassthroughCluster", "PassthroughCluster")


def obj(kind: str, name: str, spec: dict[str, Any], namespace: str = "shop", **metadata: Any) -> Resource:
    api = "v1" if kind == "Service" else "security.istio.io/v1" if "Authent" in kind or "Author" in kind else _ISTIO
    named = {"name": name, "namespace": namespace, **metadata}
    return Resource.of({"apiVersion": api, "kind": kind, "metadata": named, "spec": spec})


def service(name: str, *ports: tuple[str, int], ip: str = "10.0.0.1", namespace: str = "shop", **spec: Any) -> Resource:
    listed = [{"name": port, "port": number} for port, number in ports]
    return obj("Service", name, {"clusterIP": ip, "ports": listed, **spec}, namespace)


def view(*objects: Resource, namespace: str = "shop", labels: dict[str, str] | None = None) -> dict[str, Any]:
    return proxy_json(proxy_view(Mesh.of(objects), sidecar(namespace, labels)))


def clusters(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    kept = [one for one in found["clusters"] if one["name"] not in _CLUSTERS]
    return {one["name"]: {key: value for key, value in one.items() if key != "name"} for one in kept}


def listeners(found: dict[str, Any]) -> dict[str, list[str]]:
    return {one["name"]: one["filters"] for one in found["listeners"] if not one["name"].startswith("virtual")}


def hosts(found: dict[str, Any], table: str) -> dict[str, list[str]]:
    (chosen,) = [one for one in found["routes"] if one["name"] == table]
    return {host["name"]: host["domains"] for host in chosen["virtual_hosts"]}


def routes(found: dict[str, Any], table: str, host: str) -> list[dict[str, Any]]:
    (chosen,) = [one for one in found["routes"] if one["name"] == table]
    (wanted,) = [one for one in chosen["virtual_hosts"] if one["name"] == host]
    return list(wanted["routes"])


_HTTP, _BOTH, _TCP = ["http_connection_manager"], ["http_connection_manager", "tcp_proxy"], ["tcp_proxy"]


def test_a_port_without_a_protocol_has_a_listener_and_a_table_of_its_own() -> None:
    found = view(service("a", ("", 81)), service("b", ("http", 81), ip="10.0.0.2"))
    assert listeners(found) == {"0.0.0.0_81": _BOTH, "10.0.0.1_81": _BOTH}
    assert hosts(found, "a.shop.svc.cluster.local:81") == {"a.shop.svc.cluster.local:81": ["*"]}
    assert list(hosts(found, "81")) == ["a.shop.svc.cluster.local:81", "allow_any", "b.shop.svc.cluster.local:81"]


def test_protocols_decide_listeners() -> None:
    names = ("http2", "grpc", "grpc-web", "tls-x", "mongo", "redis", "mysql", "https")
    found = view(service("a", *((name, 100 + number) for number, name in enumerate(names))))
    assert listeners(found) == {
        "0.0.0.0_100": _BOTH, "0.0.0.0_101": _BOTH, "0.0.0.0_102": _BOTH, "10.0.0.1_103": _TCP,
        "10.0.0.1_104": ["mongo_proxy", "tcp_proxy"], "10.0.0.1_105": _TCP, "10.0.0.1_106": _TCP, "10.0.0.1_107": _TCP,
    }  # fmt: skip


def test_udp_ports_have_nothing() -> None:
    dns = {
        "clusterIP": "10.0.0.1",
        "ports": [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53}],
    }
    found = view(obj("Service", "dns", dns))
    assert list(clusters(found)) == ["outbound|53||dns.shop.svc.cluster.local"]
    assert listeners(found) == {"10.0.0.1_53": _TCP}


def test_an_alias_gives_its_names_to_the_service_behind_it() -> None:
    alias = obj(
        "Service",
        "old",
        {"type": "ExternalName", "externalName": "new.shop.svc.cluster.local", "ports": [{"port": 80}]},
    )
    found = view(service("new", ("http", 80)), alias)
    assert list(clusters(found)) == ["outbound|80||new.shop.svc.cluster.local"]
    names = hosts(found, "80")["new.shop.svc.cluster.local:80"]
    assert names[5:] == [
        "old.shop.svc.cluster.local", "old.shop.svc.cluster.local.", "old", "old.shop.svc", "old.shop", "10.0.0.1",
    ]  # fmt: skip


def entry(name: str, hosts_: list[str], port: dict[str, Any], **spec: Any) -> Resource:
    return obj("ServiceEntry", name, {"hosts": hosts_, "ports": [port], **spec})


_WEB, _TLS, _DB = (
    {"number": 80, "name": "http", "protocol": "HTTP"},
    {"number": 443, "name": "tls", "protocol": "TLS"},
    {"number": 3306, "name": "tcp", "protocol": "TCP"},
)


def test_resolutions_of_service_entries() -> None:
    def kind(**spec: Any) -> dict[str, Any]:
        return clusters(view(entry("e", ["e.example"], _DB, **spec))).get("outbound|3306||e.example", {})

    assert kind(resolution="DNS") == {"discovery": "STRICT_DNS"}
    assert kind(resolution="DNS_ROUND_ROBIN") == {"discovery": "LOGICAL_DNS"}
    assert kind(resolution="STATIC") == {"discovery": "EDS"}
    assert kind(resolution="NONE") == kind() == {"discovery": "ORIGINAL_DST", "lb": "CLUSTER_PROVIDED"}
    assert kind(resolution="STATIC", location="MESH_INTERNAL") == {"discovery": "EDS", "auto_mtls": True}
    assert kind(resolution="DNS", workloadSelector={"labels": {"app": "x"}}) == {}  # nothing is selected


def test_a_wildcard_entry_is_reached_by_its_name() -> None:
    found = view(entry("w", ["*.example.com"], _WEB), entry("t", ["*.example.com"], _TLS))
    assert hosts(found, "80")["*.example.com:80"] == ["*.example.com", "*.example.com."]
    assert listeners(found) == {"0.0.0.0_80": _BOTH, "0.0.0.0_443": _TCP}


def test_a_range_is_listened_for_on_all_addresses_and_one_address_on_itself() -> None:
    found = view(
        entry("r", ["r.example"], _DB, addresses=["192.0.2.0/24"], resolution="STATIC"),
        entry("o", ["o.example"], _DB, addresses=["192.0.2.7/32", "192.0.2.8"], resolution="STATIC"),
    )
    assert listeners(found) == {"0.0.0.0_3306": _TCP, "192.0.2.7_3306": _TCP, "192.0.2.8_3306": _TCP}


def test_http_and_tcp_on_one_address_and_port_are_told_apart_by_the_first_bytes() -> None:
    http = {"number": 3306, "name": "http", "protocol": "HTTP"}
    found = view(
        entry("a", ["a.example"], http, resolution="STATIC"), entry("b", ["b.example"], _DB, resolution="STATIC")
    )
    assert listeners(found) == {"0.0.0.0_3306": _BOTH}


def virtual(name: str, hosts_: list[str], *http: dict[str, Any], namespace: str = "shop", **spec: Any) -> Resource:
    return obj("VirtualService", name, {"hosts": hosts_, "http": list(http), **spec}, namespace)


def to(host: str, **more: Any) -> dict[str, Any]:
    return {"route": [{"destination": {"host": host, **more}}]}


def test_a_host_that_no_service_has_is_routed_on_port_80_only() -> None:
    found = view(service("a", ("http", 80), ("http-b", 90)), virtual("v", ["shop.example"], to("a")))
    assert hosts(found, "80")["shop.example:80"] == ["shop.example"]
    assert "shop.example:90" not in hosts(found, "90")
    assert routes(found, "80", "shop.example:80")[0]["to"][0]["cluster"] == "outbound|80||a.shop.svc.cluster.local"


def test_a_wildcard_virtual_service_leaves_hosts_to_a_closer_one() -> None:
    wild = virtual("wild", ["*.shop.svc.cluster.local"], {**to("a"), "timeout": "1s"})
    found = view(
        service("a", ("http", 80)), service("b", ("http", 80), ip="10.0.0.2"), wild, virtual("b", ["b"], to("b"))
    )
    assert routes(found, "80", "a.shop.svc.cluster.local:80")[0]["timeout"] == "1s"
    assert routes(found, "80", "b.shop.svc.cluster.local:80")[0]["timeout"] == "0s"


def test_a_route_for_other_pods_is_left_out() -> None:
    only = {"match": [{"sourceLabels": {"app": "z"}}], **to("a", subset="z")}
    objects = (service("a", ("http", 80)), virtual("v", ["a"], only, to("a")))
    name = "a.shop.svc.cluster.local:80"
    assert len(routes(view(*objects), "80", name)) == 1
    assert [one["to"][0]["cluster"] for one in routes(view(*objects, labels={"app": "z"}), "80", name)] == [
        "outbound|80|z|a.shop.svc.cluster.local"
    ]  # it takes everything: what comes after is never reached


def test_weights_of_nothing_are_left_out() -> None:
    weighted = {"route": [{"destination": {"host": "a"}, "weight": 100}, {"destination": {"host": "b"}, "weight": 0}]}
    found = view(service("a", ("http", 80)), virtual("v", ["a"], weighted))
    assert routes(found, "80", "a.shop.svc.cluster.local:80")[0]["to"] == [
        {"cluster": "outbound|80||a.shop.svc.cluster.local", "weight": 100}
    ]


def test_durations_retries_rewrites_and_redirects() -> None:
    http = (
        {"match": [{"uri": {"prefix": "/a"}, "ignoreUriCase": True}], "timeout": "1m30.5s", "retries": {}, **to("a")},
        {"match": [{"headers": {"h": {}}}], "rewrite": {"uriRegexRewrite": {"match": "x", "rewrite": "y"}}, **to("a")},
        {
            "match": [{"withoutHeaders": {"h": {"exact": "v"}}}],
            "redirect": {"redirectCode": 302, "derivePort": "FROM_REQUEST_PORT"},
        },
        {"headers": {"request": {"set": {":authority": "x.example"}}}, **to("a")},
    )  # fmt: skip
    found = routes(view(service("a", ("http", 81)), virtual("v", ["a"], *http)), "81", "a.shop.svc.cluster.local:81")
    assert found[0]["timeout"] == "1m30.5s"
    assert "retries" not in found[0]
    assert found[0]["match"] == {"prefix": "/a", "case_sensitive": False}
    assert found[1]["match"]["headers"] == [{"name": "h", "present_match": True}]
    assert found[1]["regex_rewrite"] == {"pattern": {"regex": "x"}, "substitution": "y"}
    assert found[2]["redirect"] == {"path_redirect": "", "port_redirect": 81, "response_code": "FOUND"}
    assert found[2]["match"]["headers"] == [
        {"name": "h", "string_match": {"exact": "v"}, "invert_match": True, "treat_missing_header_as_empty": True}
    ]
    assert found[3]["host_rewrite"] == "x.example"


def test_a_sidecar_limits_what_is_known_but_keeps_destinations_of_its_routes() -> None:
    objects = (
        service("a", ("http", 80)), service("b", ("http", 80), ("tcp", 9), ip="10.0.0.2", namespace="other"),
        virtual("v", ["a"], to("b.other.svc.cluster.local", port={"number": 80})),
        obj("Sidecar", "default", {"egress": [{"hosts": ["./*"]}]}),
    )  # fmt: skip
    found = view(*objects)
    assert list(clusters(found)) == ["outbound|80||a.shop.svc.cluster.local", "outbound|80||b.other.svc.cluster.local"]
    assert list(hosts(found, "80")) == ["a.shop.svc.cluster.local:80", "allow_any"]


def test_a_sidecar_listener_of_one_port_takes_only_services_with_it() -> None:
    egress = [{"port": {"number": 90, "protocol": "HTTP", "name": "h"}, "bind": "127.0.0.1", "hosts": ["*/*"]}]
    found = view(
        service("a", ("http", 80)), service("b", ("http", 90), ip="10.0.0.2"), obj("Sidecar", "s", {"egress": egress})
    )
    assert listeners(found) == {"127.0.0.1_90": _HTTP}
    assert list(clusters(found)) == ["outbound|90||b.shop.svc.cluster.local"]


def test_a_sidecar_of_the_root_namespace_is_for_those_without_one() -> None:
    root = obj("Sidecar", "s", {"egress": [{"hosts": ["./*"]}], "outboundTrafficPolicy": {}}, "istio-system")
    found = view(service("a", ("http", 80)), service("b", ("http", 80), namespace="other"), root)
    assert list(hosts(found, "80")) == ["a.shop.svc.cluster.local:80", "block_all"]


def test_what_is_not_exported_is_not_known() -> None:
    hidden = obj("Service", "b", {"clusterIP": "10.0.0.2", "ports": [{"name": "http", "port": 80}]}, "other",
                 annotations={"networking.istio.io/exportTo": "."})  # fmt: skip
    private = virtual("v", ["a"], {**to("a"), "timeout": "1s"}, namespace="other", exportTo=["."])
    found = view(service("a", ("http", 80)), hidden, private)
    assert list(clusters(found)) == ["outbound|80||a.shop.svc.cluster.local"]
    assert routes(found, "80", "a.shop.svc.cluster.local:80")[0]["timeout"] == "0s"


def rule(host: str, **spec: Any) -> Resource:
    return obj("DestinationRule", host.strip("*."), {"host": host, **spec})


def test_settings_of_a_port_replace_those_of_the_rule() -> None:
    tls = {
        "tls": {"mode": "DISABLE"},
        "portLevelSettings": [{"port": {"number": 81}, "loadBalancer": {"simple": "RANDOM"}}],
    }
    found = clusters(view(service("a", ("http", 80), ("http-b", 81)), rule("a", trafficPolicy=tls)))
    assert found == {
        "outbound|80||a.shop.svc.cluster.local": {"discovery": "EDS"},
        "outbound|81||a.shop.svc.cluster.local": {"discovery": "EDS", "lb": "RANDOM", "auto_mtls": True},
    }


def test_a_subset_overrides_the_rule() -> None:
    subsets = [{"name": "v1", "trafficPolicy": {"tls": {"mode": "ISTIO_MUTUAL"}}}, {"name": "v2"}]
    found = clusters(
        view(service("a", ("http", 80)), rule("a", trafficPolicy={"tls": {"mode": "DISABLE"}}, subsets=subsets))
    )
    assert found["outbound|80|v1|a.shop.svc.cluster.local"] == {
        "discovery": "EDS",
        "tls": "envoy.transport_sockets.tls",
    }
    assert found["outbound|80|v2|a.shop.svc.cluster.local"] == {"discovery": "EDS"}


def test_a_subset_of_dns_needs_an_endpoint_with_its_labels() -> None:
    ends = [{"address": "one.example", "labels": {"v": "1"}}]
    subsets = [{"name": "one", "labels": {"v": "1"}}, {"name": "two", "labels": {"v": "2"}}]
    found = clusters(
        view(entry("e", ["e.example"], _DB, resolution="DNS", endpoints=ends), rule("e.example", subsets=subsets))
    )
    assert list(found) == ["outbound|3306|one|e.example", "outbound|3306||e.example"]


def test_load_balancers_of_a_rule() -> None:
    def kind(**balancer: Any) -> dict[str, Any]:
        policy = {"loadBalancer": balancer}
        found = clusters(view(service("a", ("http", 80)), rule("a", trafficPolicy=policy, subsets=[{"name": "v1"}])))
        whole, part = (found[f"outbound|80|{name}|a.shop.svc.cluster.local"] for name in ("", "v1"))
        assert {**whole, "tls": part.get("tls", "")} == {"tls": "", **part}
        return whole

    usual = {"discovery": "EDS", "auto_mtls": True}
    assert kind(simple="ROUND_ROBIN") == kind(simple="LEAST_REQUEST") == usual
    assert kind(simple="RANDOM") == {**usual, "lb": "RANDOM"}
    assert kind(consistentHash={"useSourceIp": True}) == {**usual, "lb": "RING_HASH"}
    assert kind(consistentHash={"maglev": {}}) == {**usual, "lb": "MAGLEV"}
    assert kind(simple="PASSTHROUGH") == {"discovery": "ORIGINAL_DST", "lb": "CLUSTER_PROVIDED"}


def test_known_mesh_endpoints_of_the_address_that_was_asked_for_get_mtls() -> None:
    ends = [{"address": "198.51.100.1", "serviceAccount": "x"}]
    found = clusters(view(entry("e", ["e.example"], _DB, location="MESH_INTERNAL", endpoints=ends)))
    assert found["outbound|3306||e.example"] == {
        "discovery": "ORIGINAL_DST",
        "lb": "CLUSTER_PROVIDED",
        "tls": "envoy.transport_sockets.tls",
    }


def test_a_certificate_by_name_is_for_gateways_and_selected_pods() -> None:
    policy = {"tls": {"mode": "SIMPLE", "credentialName": "c"}}
    name = "outbound|80||a.shop.svc.cluster.local"
    assert clusters(view(service("a", ("http", 80)), rule("a", trafficPolicy=policy)))[name] == {"discovery": "EDS"}
    selected = rule("a", trafficPolicy=policy, workloadSelector={"matchLabels": {"app": "x"}})
    found = clusters(view(service("a", ("http", 80)), selected, labels={"app": "x"}))
    assert found[name]["tls"] == "envoy.transport_sockets.tls"


def test_mutual_tls_follows_the_namespace_of_the_service() -> None:
    off = obj("PeerAuthentication", "p", {"mtls": {"mode": "DISABLE"}}, "other")
    found = clusters(view(service("a", ("http", 80)), service("b", ("http", 80), namespace="other"), off))
    assert found == {
        "outbound|80||a.shop.svc.cluster.local": {"discovery": "EDS", "auto_mtls": True},
        "outbound|80||b.other.svc.cluster.local": {"discovery": "EDS"},
    }


def test_an_authorization_policy_checks_what_comes_in() -> None:
    found = view(service("a", ("http", 80)), obj("AuthorizationPolicy", "z", {}))
    (inbound,) = [one for one in found["listeners"] if one["name"] == "virtualInbound"]
    assert inbound["filters"] == ["http_connection_manager", "istio.metadata_exchange", "rbac", "tcp_proxy"]
