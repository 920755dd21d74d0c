"""What a change does to routes, in words and as data; and which route a request takes."""

from typing import Any

import pytest

from pipeline.core.errors import UsageError
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.envoy import ProxyView
from pipeline.core.mesh.mesh import Mesh
from pipeline.core.mesh.proxies import sidecar
from pipeline.core.mesh.requests import fits, parse_request, taken_route
from pipeline.core.mesh.tracing import traced_host, traced_request
from pipeline.core.mesh.view import mesh_views, proxy_view
from pipeline.core.mesh.view_changes import view_changes
from pipeline.report.mesh_text import changes_text, row_text, traced_text, views_text
from tests.core.mesh.test_gateway_view import _EDGE, _PODS, bound, gateway, server
from tests.core.mesh.test_sidecar_view import obj, rule, service, to, virtual

_SUBSETS = rule("reviews", subsets=[{"name": "v1", "labels": {"v": "1"}}, {"name": "v2", "labels": {"v": "2"}}])
_REVIEWS = service("reviews", ("http", 9080))


def views(*objects: Resource) -> dict[str, ProxyView]:
    return mesh_views(Mesh.of([_REVIEWS, _SUBSETS, *objects]))


def weighted(*shares: int) -> dict[str, Any]:
    return {
        "route": [
            {"destination": {"host": "reviews", "subset": f"v{n + 1}"}, "weight": w} for n, w in enumerate(shares)
        ]
    }


def rows(old: dict[str, ProxyView], new: dict[str, ProxyView], proxy: str = "sidecar default") -> list[str]:
    return [f"{change.sign} {row_text(change)}" for change in view_changes(old.get(proxy), new.get(proxy))]


def test_traffic_that_shifts_is_one_row() -> None:
    api = {"match": [{"uri": {"prefix": "/api"}, "method": {"exact": "GET"}}]}
    old = views(virtual("v", ["reviews"], {**api, **weighted(100)}))
    new = views(virtual("v", ["reviews"], {**api, **weighted(90, 10), "timeout": "2s"}))
    shown = [row for row in rows(old, new) if ":9080" in row]
    after = "reviews.shop:9080 v1 90 %, reviews.shop:9080 v2 10 %, timeout 2s"
    assert shown == [f"~ GET /api* on reviews.shop:9080: reviews.shop:9080 v1 -> {after}"]


def test_the_number_of_retries_is_told_once() -> None:
    old = views(virtual("v", ["reviews"], to("reviews")))
    four = views(virtual("v", ["reviews"], {**to("reviews"), "retries": {"attempts": 4}}))
    slow = views(virtual("v", ["reviews"], {**to("reviews"), "retries": {"attempts": 4, "perTryTimeout": "1s"}}))
    (plain,), (more,) = ([row for row in rows(old, new) if ":9080" in row] for new in (four, slow))
    assert plain.endswith("-> reviews.shop:9080, retries 4")
    assert more.endswith('-> reviews.shop:9080, retries 4, retries {"perTryTimeout":"1s"}')


def test_a_subset_that_goes_leaves_a_route_to_nowhere() -> None:
    routed = virtual("v", ["reviews"], weighted(50, 50))
    new = mesh_views(Mesh.of([_REVIEWS, routed, rule("reviews", subsets=[{"name": "v1", "labels": {"v": "1"}}])]))
    found = rows(views(routed), new)
    assert [row for row in found if row.startswith("- outbound|9080|v2|reviews.shop.svc.cluster.local: ")]
    share = "reviews.shop:9080 v1 50 %, reviews.shop:9080 v2 50 %"
    assert f"~ /* on reviews.shop:9080: {share} -> {share} (no such cluster)" in found


def test_an_order_that_changes_is_told() -> None:
    one, other = ({"match": [{"uri": {"prefix": prefix}}], **to("reviews")} for prefix in ("/a", "/a/b"))
    found = rows(views(virtual("v", ["reviews"], one, other)), views(virtual("v", ["reviews"], other, one)))
    assert "~ order of routes on reviews.shop:9080: /a*; /a/b* -> /a/b*; /a*" in found


def test_mtls_that_changes_is_a_change_of_the_cluster() -> None:
    off = obj("DestinationRule", "z", {"host": "reviews", "trafficPolicy": {"tls": {"mode": "DISABLE"}}})
    found = [row for row in rows(views(), views(off)) if "||reviews" in row]
    before, after = "mTLS where the other end has a sidecar", 'plain text, tls {"mode":"DISABLE"}'
    name = "outbound|9080||reviews.shop.svc.cluster.local"
    assert found == [f"~ {name}: endpoints of the service, {before} -> endpoints of the service, {after}"]


def test_mtls_that_a_pod_takes_is_a_change_of_its_listener() -> None:
    def peers(mode: str, **spec: Any) -> Resource:
        return obj("PeerAuthentication", "p", {"mtls": {"mode": mode}, **spec}, "default")

    assert rows(views(), views(peers("STRICT"))) == [
        "~ virtualInbound: http; takes mTLS and plain text -> http; takes mTLS only"
    ]
    chosen = peers("STRICT", selector={"matchLabels": {"app": "x"}}, portLevelMtls={"8080": {"mode": "DISABLE"}})
    mesh = Mesh.of([_REVIEWS, chosen])
    (inbound,) = [
        one for one in proxy_view(mesh, sidecar("default", {"app": "x"})).listeners if one.name == "virtualInbound"
    ]
    assert inbound.accepts == "mTLS only, plain text only on port 8080"
    assert rows(views(), views(chosen)) == []


def test_headers_count_though_envoy_s_fields_are_equal() -> None:
    old = views(virtual("v", ["reviews"], to("reviews")))
    new = views(virtual("v", ["reviews"], {**to("reviews"), "headers": {"response": {"remove": ["x"]}}}))
    assert [row for row in rows(old, new) if ":9080" in row] == [
        '~ /* on reviews.shop:9080: reviews.shop:9080 -> reviews.shop:9080, headers {"response":{"remove":["x"]}}'
    ]


def test_equal_states_have_no_rows_and_say_so() -> None:
    assert rows(views(), views()) == []
    assert "no route" in changes_text({"sidecar default": []}, ())


def test_what_several_proxies_share_stands_once() -> None:
    old, new = views(), views(virtual("v", ["reviews"], weighted(100)))
    changes = view_changes(old["sidecar default"], new["sidecar default"])
    text = changes_text({"sidecar a": changes, "sidecar b": changes}, ["EnvoyFilter.networking.istio.io shop/f"])
    assert text.startswith("sidecar a, sidecar b\n")
    assert text.count("/* on reviews.shop:9080") == 1
    assert "EnvoyFilter.networking.istio.io shop/f" in text


def test_a_state_is_a_table() -> None:
    text = views_text(views(virtual("v", ["reviews"], weighted(90, 10))), ())
    assert "  reviews.shop:9080      /*  reviews.shop:9080 v1 90 %, reviews.shop:9080 v2 10 %\n" in text


@pytest.mark.parametrize(
    ("match", "request_", "headers", "taken"),
    [
        ({"prefix": "/a"}, "x/ab", (), True),
        ({"path": "/a"}, "x/a/", (), False),
        ({"path": "/A", "case_sensitive": False}, "x/a", (), True),
        ({"path_separated_prefix": "/a"}, "x/ab", (), False),
        ({"path_separated_prefix": "/a"}, "x/a/b", (), True),
        ({"safe_regex": {"regex": "/r[0-9]+"}}, "x/r1x", (), False),
        ({"safe_regex": {"regex": "("}}, "x/", (), False),
        ({"prefix": "/", "headers": [{"name": ":method", "string_match": {"exact": "POST"}}]}, "POST x/", (), True),
        ({"prefix": "/", "headers": [{"name": "K", "present_match": True}]}, "x/", ("k=1",), True),
        (
            {"prefix": "/", "headers": [{"name": "k", "string_match": {"exact": "1"}, "invert_match": True}]},
            "x/",
            (),
            True,
        ),
        ({"prefix": "/", "query_parameters": [{"name": "q", "string_match": {"prefix": "1"}}]}, "x/?q=12", (), True),
        ({"prefix": "/", "dynamic_metadata": [{}]}, "x/", (), False),
    ],
)
def test_which_requests_a_match_takes(
    match: dict[str, Any], request_: str, headers: tuple[str, ...], *, taken: bool
) -> None:
    assert fits(match, parse_request(request_, headers)) is taken


@pytest.mark.parametrize("text", ["", "/path", "ftp://x/", "http://x:port/", "http://[x/"])
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_request(text)


def test_the_way_of_a_request_before_and_after() -> None:
    edge = (_EDGE, _PODS, gateway("g", server(80, "HTTP", "*", tls={"httpsRedirect": True})))
    old = views(*edge[:2], gateway("g", server(80, "HTTP", "*")), bound("v", ["shop.example"], weighted(100)))
    new = views(*edge, bound("v", ["shop.example"], weighted(100)))
    found = {
        row.proxy: (row.place, row.old, row.new) for row in traced_request(old, new, parse_request("shop.example/"))
    }
    assert found["gateway edge"][1:] == ("reviews.shop:9080 v1", "redirect to HTTPS")
    assert found["sidecar default"][0] == "/* on any other host:80" or found["sidecar default"][0].startswith(
        "/* on any other"
    )
    assert taken_route(old["gateway edge"], parse_request("other.example/")) is None


def test_who_reaches_a_host() -> None:
    tcp = service("db", ("tcp", 5432), ip="10.0.0.5")
    found = traced_host(views(), views(tcp), "db")
    assert [(row.proxy, row.place, row.old, row.new) for row in found] == [
        ("sidecar default", "listener 10.0.0.5_5432", "", "db.shop:5432")
    ]
    assert "not there -> db.shop:5432" in traced_text(found, "db", compared=True)
    assert traced_text([], "nothing", compared=False) == "no proxy knows nothing\n"
