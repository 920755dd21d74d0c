"""One real control plane a test process (with xdist: a worker), started when the first test asks for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.binaries import require
from tests.cluster.cluster import Cluster
from tests.cluster.estate import Estate
from tests.cluster.plane import Plane


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for the control plane carries the marker ``cluster``."""
    for item in items:
        if {"cluster", "plane", "estate"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("cluster")


@pytest.fixture(scope="session")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    running = Plane(require(), tmp_path_factory.mktemp("plane"))
    yield running
    running.close()


@pytest.fixture
def cluster(plane: Plane, tmp_path: Path) -> Cluster:
    return Cluster(plane, tmp_path)


@pytest.fixture
def estate(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    return Estate(tmp_path / "estate", cluster, monkeypatch)
