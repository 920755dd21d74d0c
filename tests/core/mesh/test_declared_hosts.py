"""Hosts are read as Istio reads them, and a host is declared by what the namespace may see."""

import pytest

from pipeline.core.analysis.side_index import sides
from pipeline.core.judge.case_findings import upgrade
from pipeline.core.mesh.declared_hosts import covers, declared, full_host, service_of
from pipeline.core.risk.rule import Case

STATE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
---
apiVersion: v1
kind: Service
metadata: {name: own, namespace: shop, annotations: {networking.istio.io/exportTo: "., edge"}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: partners, namespace: shop}
spec: {hosts: ["*.partner.example"], exportTo: ["."]}
"""


@pytest.mark.parametrize(
    ("host", "namespace", "answers"),
    [
        ("web", "shop", ["web"]),
        ("web", "other", []),
        ("web.shop", "other", ["web"]),
        ("web.shop.svc.cluster.local", "other", ["web"]),
        ("web.shop.example", "shop", []),
        ("own.shop.svc.cluster.local", "edge", ["own"]),
        ("own.shop.svc.cluster.local", "other", []),
        ("own", "shop", ["own"]),
        ("a.partner.example", "shop", ["partners"]),
        ("a.partner.example", "other", []),
        ("*.eu.partner.example", "shop", ["partners"]),
    ],
)
def test_a_host_is_declared_where_its_exports_reach(host: str, namespace: str, answers: list[str]) -> None:
    side = sides(upgrade(Case("", after=STATE))).after
    assert [one.id.name for one in declared(host, namespace, side)] == answers


@pytest.mark.parametrize(
    ("pattern", "host", "common"),
    [
        ("*", "a.b", True),
        ("a.b", "a.b", True),
        ("*.b", "a.b", True),
        ("*.b", "b", False),
        ("a.b", "*.b", True),
        ("*.c.b", "*.b", True),
        ("*.c", "*.b", False),
    ],
)
def test_wildcards_have_names_in_common(pattern: str, host: str, *, common: bool) -> None:
    assert covers(pattern, host) is common


def test_short_names_belong_to_a_namespace() -> None:
    assert full_host("web", "shop") == "web.shop.svc.cluster.local"
    assert full_host("web.example", "shop") == "web.example"
    assert service_of("*", "shop") is None
    assert service_of("web.shop.svc.example", "shop") is None
