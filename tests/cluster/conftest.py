"""One real control plane a test process (with xdist: a worker), started when the first test asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.binaries import require
from tests.cluster.cluster import Cluster
from tests.cluster.cluster_platform import ClusterPlatform
from tests.cluster.control_plane_connection import ControlPlaneConnection

BROKEN_CONNECTIONS = ["^(ProtocolError|MaxRetryError|ReadTimeoutError|RemoteDisconnected|ConnectionResetError): "]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the control plane carries the marker ``cluster``.

    Such a test runs once more, and pytest says so, where the test's own connection to the server broke. What the
    product answers, and every assertion, counts at once.
    """
    for item in items:
        if {"cluster", "plane", "estate", "alone"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("cluster")
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=BROKEN_CONNECTIONS))


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlaneConnection]:
    running = ControlPlaneConnection(require(), tmp_path_factory.mktemp("plane"))
    yield running
    running.close()


@pytest.fixture
def cluster(plane: ControlPlaneConnection, tmp_path: Path) -> Iterator[Cluster]:
    begin = plane.audit_size()
    yield (held := Cluster(plane, tmp_path))
    if b'"strategy":"Webhook"' in plane.audit_bytes(begin):
        held.end_conversions()


@pytest.fixture
def estate(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterPlatform:
    return ClusterPlatform(tmp_path / "estate", cluster, monkeypatch)
