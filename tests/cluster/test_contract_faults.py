"""What a real API server says when it is not well: throttled, without etcd, or with webhooks that are not well."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.cluster.binaries import require
from tests.cluster.cluster import Cluster
from tests.cluster.control_plane_connection import ControlPlaneConnection
from tests.cluster.objects import config_map
from tests.cluster.webhook import Webhook


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    return cluster.namespace()


def test_webhook_that_denies_says_why(cluster: Cluster, namespace: str) -> None:
    with Webhook(cluster, ["configmaps"], namespace) as webhook:
        webhook.deny = "not on Fridays"
        for dry in ({}, {"dryRun": "All"}):
            params: dict[str, Any] = dict(dry)
            status, answer = cluster.apply(config_map(namespace), **params)
            assert (status, answer["message"].endswith("denied the request: not on Fridays")) == (403, True)
        assert webhook.seen == ["CREATE settings", "CREATE settings dry"]


@pytest.mark.parametrize("how", ["gone", "slow"])
def test_webhook_that_does_not_answer_is_an_internal_error(cluster: Cluster, namespace: str, how: str) -> None:
    with Webhook(cluster, ["configmaps"], namespace, timeoutSeconds=1) as webhook:
        if how == "gone":
            webhook.close_port()
        webhook.delay_s = 3
        status, answer = cluster.apply(config_map(namespace))
    assert (status, answer["reason"]) == (500, "InternalError")
    assert "failed calling webhook" in answer["message"]


def test_webhook_that_spares_dry_runs_is_called_in_them_all_the_same(cluster: Cluster, namespace: str) -> None:
    with Webhook(cluster, ["configmaps"], namespace, sideEffects="NoneOnDryRun") as webhook:
        assert cluster.apply(config_map(namespace), dryRun="All")[0] == 201
        assert webhook.seen == ["CREATE settings dry"]


def test_webhook_changes_what_is_applied_and_its_dry_run(cluster: Cluster, namespace: str) -> None:
    with Webhook(cluster, ["configmaps"], namespace) as webhook:
        webhook.patch = [{"op": "add", "path": "/data/injected", "value": "1"}]
        webhook.warnings = ["this is old"]
        for params in ({"dryRun": "All"}, {}):
            answer = cluster.answer(
                "PATCH",
                cluster.path(config_map(namespace)),
                config_map(namespace, a="1"),
                content_type="apply",
                params={"fieldManager": "test", **params},
                user="admin",
                headers={},
            )
            assert answer.json()["data"] == {"a": "1", "injected": "1"}
            assert answer.headers.getlist("Warning") == ['299 - "this is old"']


def test_apply_that_changes_nothing_still_calls_webhooks(cluster: Cluster, namespace: str) -> None:
    cluster.apply(config_map(namespace))
    with Webhook(cluster, ["configmaps"], namespace) as webhook:
        cluster.apply(config_map(namespace))
        assert webhook.seen == ["UPDATE settings"]


@pytest.fixture
def alone(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A control plane of the test's own, with the flags that its mark ``flags`` names."""
    marker = request.node.get_closest_marker("flags")
    plane = ControlPlaneConnection(require(), tmp_path / "plane", *(marker.args if marker else ()))
    yield Cluster(plane, tmp_path)
    plane.close()


@pytest.mark.slow
@pytest.mark.cluster
@pytest.mark.flags("enable-priority-and-fairness=false", "max-requests-inflight=4", "max-mutating-requests-inflight=2")
def test_throttled_is_plain_text_with_a_time_and_masters_are_not(alone: Cluster) -> None:
    namespace = alone.namespace()
    alone.grant("applier", "edit", namespace)
    alone.until(lambda: alone.apply(config_map(namespace), user="applier")[0] in (200, 201))
    with Webhook(alone, ["configmaps"], namespace) as webhook:
        webhook.delay_s = 0.5

        def send(user: str) -> urllib3.BaseHTTPResponse:
            return alone.answer(
                "PATCH",
                alone.path(config_map(namespace, alone.name())),
                config_map(namespace),
                content_type="merge",
                params=None,
                user=user,
                headers={},
            )

        for user, refused in (("applier", 429), ("admin", 0)):
            with ThreadPoolExecutor(12) as threads:
                answers = list(threads.map(send, [user] * 12))
            codes = Counter(answer.status for answer in answers)
            assert (codes[429] > 0) == bool(refused), codes
            for answer in answers:
                if answer.status == 429:
                    assert answer.headers["Retry-After"] == "1"
                    assert answer.headers["Content-Type"].startswith("text/plain")


def _late_write(cluster: Cluster, namespace: str) -> str:
    """What the server does with a write that etcd does not answer: it says so, or it aborts the connection."""
    try:
        status, answer = cluster.apply(config_map(namespace, a="1"), timeout="2s")
    except urllib3.exceptions.ProtocolError:
        return "cut off"
    return f"{status} timeout" if "timeout" in str(answer).lower() else f"{status} {answer}"


@pytest.mark.slow
def test_without_etcd_a_write_times_out_and_may_be_done_later(cluster: Cluster, namespace: str) -> None:
    cluster.apply(config_map(namespace))
    cluster.obey("stop", "etcd")
    try:
        assert _late_write(cluster, namespace) in ("504 timeout", "cut off")
        cached = cluster.raw("GET", cluster.path(config_map(namespace)), params={"resourceVersion": "0"})
        assert cached[0] == 200
    finally:
        cluster.obey("continue", "etcd")
    cluster.until(lambda: cluster.raw("GET", "/readyz")[0] == 200)


@pytest.mark.slow
def test_killed_api_server_keeps_what_it_said_was_done(cluster: Cluster, namespace: str) -> None:
    names = [f"c-{number}" for number in range(400)]
    done: list[str] = []

    def write(name: str) -> None:
        try:
            if cluster.apply(config_map(namespace, name))[0] == 201:
                done.append(name)
        except urllib3.exceptions.HTTPError:
            return

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, names[:50]))
        futures = [threads.submit(write, name) for name in names[50:]]
        cluster.obey("kill", "kube-apiserver")
        for future in futures:
            future.result()
    cluster.obey("start", "kube-apiserver")
    listed = cluster.expect(200, "GET", f"/api/v1/namespaces/{namespace}/configmaps")
    assert set(done) <= {item["metadata"]["name"] for item in listed["items"]}
    assert len(done) < 400
