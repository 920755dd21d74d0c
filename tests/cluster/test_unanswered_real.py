"""kube-apiserver 1.37.2 crashes over one request, and says nothing: a Job with a successPolicy and no completions."""

import json
import time
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ClusterRepository
from tests.cluster.objects import config_map, job


def crashing(namespace: str) -> Object:
    body = job(namespace)
    rules = [{"succeededIndexes": "0"}]
    body["spec"] |= {"parallelism": 1, "completionMode": "Indexed", "successPolicy": {"rules": rules}}
    return body


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    return ClusterRepository(cluster, tmp_path)


def test_plan_says_which_object_the_server_drops_the_connection_over(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"), crashing(site.namespace))
    begin = time.monotonic()
    plan = site.plan(code=9)
    assert time.monotonic() - begin < 40
    (problem,) = json.loads(plan.read_text())["problems"]
    assert problem["code"] == "unanswered"
    assert problem["what"].startswith("Job.batch ")
    assert "drops the connection" in problem["message"]
    assert "kube-apiserver" in problem["cure"]


def test_hook_that_the_server_drops_the_connection_over_ends_the_run(site: ClusterRepository) -> None:
    """Hooks are not asked about while planning."""
    hook = crashing(site.namespace)
    hook["metadata"]["annotations"] = {"helm.sh/hook": "pre-install"}
    site.render(config_map(site.namespace, a="1"), hook)
    plan = site.plan()
    begin = time.monotonic()
    done = site.apply(plan)
    assert time.monotonic() - begin < 40
    assert (done.code, "without an answer" in done.said) == (6, True), done.said


def test_object_of_a_new_namespace_that_the_server_drops_the_connection_over_ends_the_run(
    site: ClusterRepository,
) -> None:
    """Nobody can be asked about it before its namespace is there."""
    name = f"{site.namespace}-new"
    site.render({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, crashing(name))
    plan = site.plan()
    begin = time.monotonic()
    done = site.apply(plan)
    assert time.monotonic() - begin < 40
    assert (done.code, "without an answer" in done.said) == (6, True), done.said
    assert "changed" not in done.said
