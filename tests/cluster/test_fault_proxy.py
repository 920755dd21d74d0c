"""The fault proxy: each fault does what it says to the client, and to the server, and nothing else."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from tests.cluster import faults
from tests.cluster.cluster import Cluster
from tests.cluster.control_plane import token
from tests.cluster.fault_proxy import FaultProxy, Request


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[FaultProxy]:
    with FaultProxy(cluster.url, cluster.ca) as running:
        yield running


class Client:
    """A plain client that tries once."""

    def __init__(self, proxy: FaultProxy, cluster: Cluster) -> None:
        self.pool = urllib3.PoolManager(maxsize=16, retries=False, timeout=5)
        self.url = proxy.url
        self.path = f"/api/v1/namespaces/{cluster.namespace()}/configmaps"

    def send(self, method: str, path: str, body: object = None, **more: Any) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {token('admin')}", "Content-Type": "application/apply-patch+yaml"}
        data = None if body is None else json.dumps(body)
        return self.pool.request(method, self.url + path, body=data, headers=headers, **more)

    def apply(self, name: str, **data: str) -> int:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}
        return self.send("PATCH", f"{self.path}/{name}?fieldManager=test&force=true", body).status

    def read(self, name: str) -> int:
        return self.send("GET", f"{self.path}/{name}").status


@pytest.fixture
def client(proxy: FaultProxy, cluster: Cluster) -> Iterator[Client]:
    made = Client(proxy, cluster)
    yield made
    made.pool.clear()


def test_without_faults_nothing_changes(proxy: FaultProxy, client: Client) -> None:
    assert (client.apply("a", x="1"), client.apply("a", x="1"), client.read("a"), client.read("b")) == (
        201,
        200,
        200,
        404,
    )
    assert [request.status for request in proxy.requests] == [201, 200, 200, 404]


def test_lost_request_never_reached_the_server(proxy: FaultProxy, client: Client) -> None:
    proxy.plan(faults.lost_request("PATCH", "/configmaps/a", nth=2))
    assert client.apply("a") == 201
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.apply("a", x="1")
    assert "data" not in client.send("GET", f"{client.path}/a").json()
    assert client.apply("a", x="1") == 200


@pytest.mark.parametrize("fault", [faults.lost_answer, faults.cut])
def test_answer_is_lost_but_the_server_did_it(proxy: FaultProxy, client: Client, fault: Any) -> None:
    proxy.plan(fault("PATCH", "/configmaps/a"))
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.apply("a")
    assert client.read("a") == 200


def test_late_answer_comes(proxy: FaultProxy, client: Client) -> None:
    proxy.plan(faults.late("PATCH", "/configmaps/a", 0.5))
    begin = time.monotonic()
    assert client.apply("a") == 201
    assert time.monotonic() - begin >= 0.5


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.throttled("PATCH", "/a", times=2), 429),
        (faults.conflict("PATCH", "/a", times=2), 409),
        (faults.unavailable("PATCH", "/a", times=2), 503),
        (faults.leader_changed("PATCH", "/a", times=2), 500),
        (faults.webhook_failed("PATCH", "/a", times=2), 500),
        (faults.timed_out("PATCH", "/a", times=2), 504),
    ],
    ids=["429", "409", "503", "500 etcd", "500 webhook", "504"],
)
def test_refusals_are_not_the_servers(proxy: FaultProxy, client: Client, fault: faults.Fault, status: int) -> None:
    proxy.plan(fault)
    assert [client.apply("a"), client.read("a"), client.apply("a"), client.apply("a")] == [status, 404, status, 201]
    assert fault.hits == 2


def test_throttling_says_when_to_come_again(proxy: FaultProxy, client: Client) -> None:
    proxy.plan(faults.throttled("PATCH", "/a", retry_after="7"))
    answer = client.send("PATCH", f"{client.path}/a?fieldManager=test", {})
    assert answer.headers["Retry-After"] == "7"


def test_stale_read_is_the_answer_of_before(proxy: FaultProxy, client: Client) -> None:
    client.apply("a", x="1")
    proxy.plan(faults.stale("/configmaps/a"))
    for value, seen in (("2", "1"), ("3", "1"), ("4", "3")):
        found = client.send("GET", f"{client.path}/a").json()["data"]["x"]
        assert found == seen
        client.apply("a", x=value)


def test_something_happens_just_before_the_request(proxy: FaultProxy, client: Client, cluster: Cluster) -> None:
    path = f"{client.path}/a"
    client.apply("a", x="1")
    proxy.plan(faults.act("DELETE", "/configmaps/a", lambda: cluster.expect(200, "DELETE", path)))
    assert client.send("DELETE", path).status == 404


@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_watch_is_streamed(proxy: FaultProxy, client: Client, pause: float) -> None:
    if pause:
        proxy.plan(faults.slow("GET", "watch=1", pause))
    client.apply("a")
    stream = client.send("GET", f"{client.path}?watch=1&timeoutSeconds=20", preload_content=False)
    pieces = stream.stream()
    while b'"name":"a"' not in next(pieces):
        pass
    begin = time.monotonic()
    client.apply("b")
    while b'"name":"b"' not in next(pieces):
        pass
    assert time.monotonic() - begin >= pause
    stream.close()


def test_many_connections_at_once(proxy: FaultProxy, client: Client) -> None:
    with ThreadPoolExecutor(12) as threads:
        statuses = list(threads.map(lambda number: client.apply(f"many-{number}"), range(200)))
    assert statuses == [201] * 200
    assert len(proxy.writes()) == 200
    assert proxy.writes()[0] == Request("PATCH", f"{client.path}/{_name(proxy)}?fieldManager=test&force=true", 201)


def _name(proxy: FaultProxy) -> str:
    return proxy.writes()[0].path.rpartition("/")[2].partition("?")[0]
