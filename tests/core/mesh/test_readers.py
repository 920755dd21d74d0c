"""Istio's objects as the index of a mesh holds them."""

from typing import Any

import pytest

from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.mesh_services import Resolution
from pipeline.core.mesh.protocols import Protocol, port_protocol
from pipeline.core.yaml.reader import load_all

_ISTIO = "networking.istio.io/v1"


def mesh(text: str) -> Mesh:
    return Mesh.of(Resource.of(document) for document in load_all(text))


def thing(kind: str, name: str, spec: dict[str, Any], namespace: str = "shop", api: str = _ISTIO) -> Resource:
    metadata = {"name": name, "namespace": namespace}
    return Resource.of({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec})


@pytest.mark.parametrize(
    ("number", "name", "transport", "app", "protocol"),
    [
        (80, "http-web", "TCP", None, Protocol.HTTP),
        (80, "HTTP2", "TCP", None, Protocol.HTTP2),
        (80, "grpc-web-x", "TCP", None, Protocol.GRPC_WEB),
        (80, "web", "TCP", None, Protocol.UNSUPPORTED),
        (80, "web", "TCP", "kubernetes.io/h2c", Protocol.HTTP2),
        (80, "kubernetes.io/h2c", "TCP", None, Protocol.UNSUPPORTED),
        (80, "web", "TCP", "kubernetes.io/wss", Protocol.HTTPS),
        (80, "http", "TCP", "example.org/own", Protocol.UNSUPPORTED),
        (3306, "", "TCP", None, Protocol.TCP),
        (3306, "http", "TCP", None, Protocol.HTTP),
        (53, "http", "UDP", None, Protocol.UDP),
        (80, "mongo", "TCP", None, Protocol.MONGO),
    ],
)
def test_protocol_of_a_port(number: int, name: str, transport: str, app: str | None, protocol: Protocol) -> None:
    assert port_protocol(number, name, transport, app) is protocol


def test_a_service_entry_is_one_service_of_each_host_and_address() -> None:
    spec = {
        "hosts": ["a.example", "b.example"],
        "addresses": ["192.0.2.0/24", "192.0.2.7/32", "junk"],
        "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}],
    }
    found = Mesh.of([thing("ServiceEntry", "e", spec)]).services
    assert [(one.host, one.address, one.resolution) for one in found] == [
        ("a.example", "192.0.2.0/24", Resolution.PASSTHROUGH),
        ("a.example", "192.0.2.7", Resolution.PASSTHROUGH),
        ("b.example", "192.0.2.0/24", Resolution.PASSTHROUGH),
        ("b.example", "192.0.2.7", Resolution.PASSTHROUGH),
    ]


def test_a_workload_entry_is_an_endpoint_of_the_entry_that_selects_it() -> None:
    entry = {"hosts": ["db"], "resolution": "DNS", "workloadSelector": {"labels": {"app": "db"}}}
    selected = thing("WorkloadEntry", "one", {"address": "db1.example", "labels": {"app": "db"}, "serviceAccount": "x"})
    elsewhere = thing("WorkloadEntry", "two", {"address": "db2.example", "labels": {"app": "db"}}, "other")
    (found,) = Mesh.of([thing("ServiceEntry", "e", entry), selected, elsewhere]).services
    assert [(end.address, end.has_mesh_tls) for end in found.endpoints] == [("db1.example", True)]


def test_an_external_name_is_an_alias_of_the_service_it_names() -> None:
    found = mesh(
        "{apiVersion: v1, kind: Service, metadata: {name: old, namespace: shop}, spec: {type: ExternalName,"
        " externalName: new.shop.svc.cluster.local, ports: [{port: 80, name: http}]}}\n---\n"
        "{apiVersion: v1, kind: Service, metadata: {name: new, namespace: shop}, spec: {ports: [{port: 80}]}}"
    ).services
    assert [(one.name, one.resolution, one.aliases) for one in found] == [
        ("new", Resolution.ENDPOINTS, ("old.shop.svc.cluster.local",)),
        ("old", Resolution.ALIAS, ()),
    ]


def test_a_delegate_brings_its_routes_and_inherits() -> None:
    root = {
        "hosts": ["shop.example"],
        "http": [
            {"match": [{"uri": {"prefix": "/a"}}], "timeout": "3s", "name": "r", "delegate": {"name": "d"}},
            {"delegate": {"name": "missing"}},
            {"route": [{"destination": {"host": "rest"}}]},
        ],
    }
    delegate = {
        "http": [
            {"match": [{"uri": {"prefix": "/a/b"}}], "name": "d", "route": [{"destination": {"host": "b"}}]},
            {"match": [{"uri": {"exact": "/other"}}], "route": [{"destination": {"host": "never"}}]},
        ]
    }
    (found,) = Mesh.of([thing("VirtualService", "v", root), thing("VirtualService", "d", delegate)]).virtual_services
    assert [route.get("name") for route in found.http] == ["r-d", None]
    assert found.http[0]["timeout"] == "3s"
    assert found.http[0]["route"][0]["destination"]["host"] == "b.shop.svc.cluster.local"


def test_export_to_decides_who_sees_a_virtual_service() -> None:
    def seen(export: list[str], namespace: str) -> bool:
        spec = {"hosts": ["a"], "exportTo": export}
        return bool(Mesh.of([thing("VirtualService", "v", spec)]).virtual_services_of("mesh", namespace))

    assert seen([], "other")
    assert seen(["*"], "other")
    assert seen(["."], "shop")
    assert not seen(["."], "other")
    assert seen(["other"], "other")
    assert not seen(["other"], "shop")
    assert not seen(["~"], "shop")


def test_destination_rules_of_the_client_come_before_those_of_the_service() -> None:
    host = "a.shop.svc.cluster.local"

    def rule(name: str, namespace: str, tls: str, **more: Any) -> Resource:
        return thing(
            "DestinationRule", name, {"host": host, "trafficPolicy": {"tls": {"mode": tls}}, **more}, namespace
        )

    rules = Mesh.of(
        [
            rule("of-service", "shop", "SIMPLE"),
            rule("of-client", "client", "DISABLE"),
            rule("of-root", "istio-system", "ISTIO_MUTUAL"),
            rule("of-pod", "client", "MUTUAL", workloadSelector={"matchLabels": {"app": "x"}}),
        ]
    ).destination_rules

    def mode(client: str, pod: dict[str, str]) -> str | None:
        found = rules.applied(host, "shop", client, pod)
        return found.policy["tls"]["mode"] if found else None

    assert mode("client", {}) == "DISABLE"
    assert mode("client", {"app": "x"}) == "MUTUAL"
    assert mode("third", {}) == "SIMPLE"
    assert mode("istio-system", {}) == "SIMPLE"


def test_destination_rules_of_one_host_are_merged() -> None:
    first = {"host": "a", "subsets": [{"name": "v1", "labels": {"v": "1"}}]}
    second = {
        "host": "a",
        "trafficPolicy": {"tls": {"mode": "DISABLE"}},
        "subsets": [{"name": "v1", "labels": {"v": "other"}}, {"name": "v2", "labels": {"v": "2"}}],
    }
    rules = Mesh.of([thing("DestinationRule", "a", first), thing("DestinationRule", "b", second)]).destination_rules
    found = rules.applied("a.shop.svc.cluster.local", "shop", "shop", {})
    assert found is not None
    assert [(subset.name, subset.labels) for subset in found.subsets] == [("v1", {"v": "1"}), ("v2", {"v": "2"})]
    assert found.policy == {"tls": {"mode": "DISABLE"}}


def test_settings_come_from_the_mesh_config() -> None:
    found = mesh(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n"
        "  mesh: |\n    outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n    enableAutoMtls: false\n"
    ).settings
    assert (found.allows_any, found.auto_mtls, found.root_namespace) == (False, False, "istio-system")
