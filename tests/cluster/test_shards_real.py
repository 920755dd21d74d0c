"""An inventory in several ConfigMaps, on a real API server: written before its head, read back, and cleared away."""

from pathlib import Path

import pytest

from pipeline.core.cluster.inventory import inventory_shards
from tests.cluster.cluster import Cluster
from tests.cluster.cluster_repository import ClusterRepository
from tests.cluster.objects import config_map


def names(site: ClusterRepository) -> set[str]:
    path = f"/api/v1/namespaces/{site.namespace}/configmaps"
    found = site.cluster.expect(200, "GET", path, params={"labelSelector": inventory_shards.SHARD_OF})
    return {item["metadata"]["name"] for item in found["items"]}


def test_an_inventory_grows_into_shards_and_shrinks_again(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = ClusterRepository(cluster, tmp_path, maxDeletions=20)
    bodies = [config_map(site.namespace, f"settings-{number}") for number in range(10)]
    site.deploy(*bodies[:2])
    assert "shards" not in site.inventory()
    monkeypatch.setattr(inventory_shards, "LARGEST_BYTES", 600)
    cluster.mark()
    site.deploy(*bodies)
    assert len(site.objects()) == 10
    assert names(site) == set(site.objects_in())
    assert len(names(site)) > 2
    first = [write.name for write in cluster.audit(user_agent="pipeline/") if write.resource == "configmaps"]
    assert first.index("pipeline-prod") >= 2, "the shards come before what names them"
    assert site.actions(site.plan()) == {}
    site.deploy(*bodies[:9])
    assert len(site.objects()) == 9
    assert names(site) == set(site.objects_in())
    monkeypatch.undo()
    site.deploy(*bodies[:1])
    assert "shards" not in site.inventory()
    assert len(site.objects()) == 1
    assert names(site) == set()


def test_a_shard_that_a_killed_run_left_behind_is_removed_by_the_next_one(cluster: Cluster, tmp_path: Path) -> None:
    """Killed after it wrote a head that needs no shards any more: nothing names what is left."""
    site = ClusterRepository(cluster, tmp_path)
    site.deploy(config_map(site.namespace, a="1"))
    cluster.create(inventory_shards.shard_body("pipeline-prod-1-0123456789ab", site.namespace, "pipeline-prod", "x"))
    cluster.create(inventory_shards.shard_body("pipeline-test-1-0123456789ab", site.namespace, "pipeline-test", "x"))
    site.deploy(config_map(site.namespace, a="2"))
    assert names(site) == {"pipeline-test-1-0123456789ab"}, "and not that of another environment"
