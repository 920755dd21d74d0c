"""Host names as Istio resolves, matches, and abbreviates them."""

import pytest

from pipeline.core.mesh.hosts import (
    alternatives,
    intersection,
    matches,
    most_specific,
    order,
    resolve_gateway,
    resolve_host,
    subset_of,
)


@pytest.mark.parametrize(
    ("host", "full"),
    [
        ("reviews", "reviews.shop.svc.cluster.local"),
        ("reviews.shop", "reviews.shop"),  # a name with a dot is never completed
        ("*", "*"),
        ("*.example.org", "*.example.org"),
        ("", ""),
    ],
)
def test_a_short_name_is_a_service_of_the_own_namespace(host: str, full: str) -> None:
    assert resolve_host(host, "shop") == full


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("public", "shop/public"),
        ("edge/public", "edge/public"),
        ("./public", "shop/public"),
        ("public.edge", "edge/public"),
        ("public.edge.svc.cluster.local", "edge/public"),
        ("mesh", "mesh"),
    ],
)
def test_gateways_are_named_by_namespace_and_name(name: str, full: str) -> None:
    assert resolve_gateway(name, "shop") == full


def test_wildcards_match_both_ways_and_cover_one_way() -> None:
    assert matches("*.example.org", "a.example.org")
    assert matches("a.example.org", "*.example.org")
    assert matches("*.example.org", "*.a.example.org")
    assert not matches("*.example.org", "example.org")
    assert subset_of("*.a.example.org", "*.example.org")
    assert not subset_of("*.example.org", "*.a.example.org")
    assert not subset_of("*.example.org", "a.example.org")


def test_the_narrower_host_of_two_is_common_to_them() -> None:
    assert intersection(["*.example.org", "b.org"], ["a.example.org", "*"]) == [
        "a.example.org",
        "*.example.org",
        "b.org",
    ]


def test_the_longest_wildcard_is_the_most_specific() -> None:
    wild = {"*": 1, "*.org": 2, "*.example.org": 3}
    assert most_specific("a.example.org", {"a.example.org": 9}, wild) == 9
    assert most_specific("a.example.org", {}, wild) == 3
    assert most_specific("*.a.org", {}, wild) == 2
    assert most_specific("a.com", {}, {"*.org": 2}) is None


def test_hosts_are_sorted_longest_first_and_wildcards_last() -> None:
    assert sorted(["*", "b.org", "a.org", "*.example.org", "long.org"], key=order) == [
        "long.org", "a.org", "b.org", "*.example.org", "*",
    ]  # fmt: skip


def test_names_of_a_service_depend_on_who_asks() -> None:
    host = "reviews.shop.svc.cluster.local"
    assert alternatives(host, "shop") == [f"{host}.", "reviews", "reviews.shop.svc", "reviews.shop"]
    assert alternatives(host, "other") == [f"{host}.", "reviews.shop", "reviews.shop.svc"]
    assert alternatives("www.example.org", "shop") == ["www.example.org."]
    assert alternatives("192.0.2.1", "shop") == []
