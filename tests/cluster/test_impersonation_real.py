"""A kubeconfig's ``as``: the API server decides by the rights of whom a user acts as."""

import json
from pathlib import Path

import yaml

from tests.cluster.cluster import Cluster
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository
from tests.cluster.objects import config_map


def test_all_is_done_with_the_rights_of_whom_a_user_acts_as(cluster: Cluster, tmp_path: Path) -> None:
    site = ClusterRepository(cluster, tmp_path)
    site.config = cluster.kubeconfig()
    acting = yaml.safe_load(site.config.read_text())
    acting["users"][0]["user"] |= {"as": "deployer", "as-groups": ["team-a", "team-b"]}
    site.config.write_text(yaml.safe_dump(acting))
    body = config_map(site.namespace, a="1")
    site.render(body)
    refused = site.run("plan", "-e", ENVIRONMENT)
    assert 'User "deployer" cannot' in refused.said, refused.said
    cluster.grant("deployer", "cluster-admin")
    cluster.until(lambda: site.run("plan", "-e", ENVIRONMENT).code == 0)
    plan = site.plan()
    assert json.loads(plan.read_text())["target"]["user"] == "deployer"
    assert site.apply(plan).code == 0
    assert cluster.get(body)["data"] == {"a": "1"}
