"""plan --offline: what is known from the repository and a recorded inventory, without a cluster and without rights."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.audit_log_checker import CANARY
from tests.cluster.cluster import Cluster
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository, Done
from tests.cluster.objects import claim, config_map, deployment, job, secret

UNSAFE, REFUSED, USAGE = 9, 5, 64


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    return ClusterRepository(cluster, tmp_path)


def recorded(site: ClusterRepository) -> Path:
    done = site.run("status", "-e", ENVIRONMENT, "-o", "inventory")
    assert done.code == 0, done.said
    assert CANARY not in done.out
    path = site.root.parent / "inventory.yaml"
    path.write_text(done.out)
    return path


def offline(site: ClusterRepository, inventory: Path, code: int = 0) -> tuple[Path, Any, Done]:
    """The plan made where no cluster is: the kubeconfig names nobody."""
    nobody = site.root.parent / "nobody.yaml"
    nobody.write_text("apiVersion: v1\nkind: Config\n")
    path, config, site.config = site.root.parent / "offline.json", site.config, nobody
    done = site.run("plan", "-e", ENVIRONMENT, "--offline", str(inventory), "--out", str(path))
    site.config = config
    assert done.code == code, done.said
    assert CANARY not in done.said + path.read_text()
    return path, json.loads(path.read_text()), done


def test_offline_plan_says_what_the_plan_on_the_cluster_says(site: ClusterRepository) -> None:
    space = site.namespace
    password = secret(space, stringData={"password": CANARY})
    site.deploy(config_map(space, a="1"), deployment(space), password, config_map(space, "gone"), claim(space))
    site.render(config_map(space, a="2"), deployment(space, tag="2.0"), password, config_map(space, "new"))
    real = site.plan()
    path, plan, done = offline(site, recorded(site))
    assert site.actions(path) == site.actions(real)
    assert site.actions(path)["PersistentVolumeClaim data"] == "keep"
    fields = {a["name"]: [(f["path"], f["old"], f["new"]) for f in a["fields"]] for a in plan["actions"]}
    assert fields["settings"] == [("data.a", "1", "2")]
    assert fields["web"] == [
        ("spec.template.spec.containers[name=web].image", "example.org/web:1.0", "example.org/web:2.0")
    ]
    assert "offline" in done.out


def test_changed_secret_is_a_change_without_its_value(site: ClusterRepository) -> None:
    site.deploy(secret(site.namespace, stringData={"password": CANARY}))
    site.render(secret(site.namespace, stringData={"password": CANARY + "2"}))
    path, plan, _ = offline(site, recorded(site))
    assert site.actions(path) == {"Secret password": "update"}
    (change,) = plan["actions"][0]["fields"]
    assert (change["path"], change["old"]) == ("data.password", "<secret #1>") or "secret" in change["old"]


def test_nobody_can_approve_or_apply_it(site: ClusterRepository) -> None:
    site.deploy(config_map(site.namespace, a="1"))
    site.render(config_map(site.namespace, a="2"))
    path, _, _ = offline(site, recorded(site))
    site.cluster.mark()
    done = site.apply(path)
    assert done.code == UNSAFE, done.said
    assert "offline" in done.err
    done = site.run("approve", str(path))
    assert done.code == REFUSED, done.said
    assert site.cluster.audit() == []


def test_too_many_deletions_stop_an_offline_plan_too(site: ClusterRepository) -> None:
    many = [config_map(site.namespace, f"c-{number}") for number in range(15)]
    site.deploy(*many)
    site.render(*many[:3])
    _, plan, _ = offline(site, recorded(site), UNSAFE)
    assert [problem["code"] for problem in plan["problems"]] == ["deletions"]


def test_hooks_are_in_it(site: ClusterRepository) -> None:
    hook = job(site.namespace)
    hook["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade"}
    site.deploy(config_map(site.namespace, a="1"))
    site.render(config_map(site.namespace, a="2"), hook)
    path, _, _ = offline(site, recorded(site))
    assert site.actions(path) == {"Job migrate": "hook", "ConfigMap settings": "update"}


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "kind: ConfigMap\nmetadata: {name: other}\n", "kind: ConfigMap\nmetadata: {name: pipeline-stage}\n"],
    ids=["no YAML", "a list", "another", "another environment's"],
)
def test_what_is_no_inventory_of_the_environment_is_told(site: ClusterRepository, text: str) -> None:
    site.render(config_map(site.namespace, a="1"))
    path = site.root.parent / "inventory.yaml"
    path.write_text(text)
    done = site.run("plan", "-e", ENVIRONMENT, "--offline", str(path))
    assert done.code == USAGE, done.said
    assert "inventory" in done.err


def test_nothing_to_record_is_told(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"))
    assert site.run("status", "-e", ENVIRONMENT, "-o", "inventory").code == USAGE
