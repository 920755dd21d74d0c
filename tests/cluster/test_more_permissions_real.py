"""The printed roles are enough for what goes before and after an apply: repair, migrate, retire, and shards."""

import base64
import gzip
import json
from typing import Any

import pytest
import yaml

from pipeline.cli import run
from pipeline.core.cluster.inventory import inventory_shards
from tests.cluster.cluster_platform import SETTINGS, ClusterPlatform, ops
from tests.cluster.objects import condition
from tests.cluster.test_permissions_real import give, nobody_else_gave

ADOPT = ", adopt: [{kind: ConfigMap, name: settings}]"
RELEASE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


def definition(group: str, *versions: str, kind: str = "string") -> str:
    spec = f"{{type: object, properties: {{p: {{type: {kind}}}}}}}"
    text = f"{{openAPIV3Schema: {{type: object, properties: {{spec: {spec}}}}}}}"
    listed = "".join(
        f"\n    - {{name: {name}, served: true, storage: {str(name == versions[0]).lower()}, schema: {text}}}"
        for name in versions
    )
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        f"metadata: {{name: widgets.{group}, annotations: {{helm.sh/resource-policy: keep}}}}\n"
        f"spec:\n  group: {group}\n  scope: Namespaced\n  names: {{kind: Widget, plural: widgets}}\n"
        f"  versions:{listed}\n"
    )


def widget(group: str, version: str, value: str) -> str:
    return f"apiVersion: {group}/{version}\nkind: Widget\nmetadata: {{name: one}}\nspec: {{p: {value}}}\n"


def placed(estate: ClusterPlatform, text: str) -> str:
    """With its namespace written: no rendered definition says that the kind has one."""
    return text.replace("{name: one}", f"{{name: one, namespace: {estate.namespace}}}")


def elsewhere(estate: ClusterPlatform, group: str) -> dict[str, Any]:
    """A widget of somebody else in another namespace."""
    head = {"name": "other", "namespace": estate.cluster.namespace()}
    return {"apiVersion": f"{group}/v1beta1", "kind": "Widget", "metadata": head, "spec": {"p": "1"}}


def helms_record(estate: ClusterPlatform) -> None:
    """A release of Helm that lists the settings."""
    packed = base64.b64encode(gzip.compress(json.dumps({"manifest": RELEASE}).encode())).decode()
    labels = {"owner": "helm", "name": "old", "version": "1"}
    head = {"name": "sh.helm.release.v1.old.v1", "namespace": estate.namespace, "labels": labels}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": head, "type": "helm.sh/release.v1"}
    estate.cluster.create(body | {"stringData": {"release": packed}})


@pytest.fixture
def changing(estate: ClusterPlatform) -> ClusterPlatform:
    """What is applied is stored in a version that goes, written in it by others too, of a type that changes."""
    group = f"{estate.namespace}.example.org"
    more = f", migrateStorage: true, retire: [{{name: old, namespace: {estate.namespace}}}]"
    first = definition(group, "v1beta1", "v1")
    estate.roll_out(first, SETTINGS)
    estate.roll_out(first, SETTINGS, widget(group, "v1beta1", "'80'"))
    estate.roll_out(definition(group, "v1", "v1beta1"), SETTINGS, widget(group, "v1beta1", "'80'"))
    foreign = elsewhere(estate, group)
    status, said = estate.cluster.apply(foreign, manager="other")
    assert status == 201, said
    helms_record(estate)
    estate.commit(definition(group, "v1", kind="integer"), SETTINGS, widget(group, "v1", "80"), apply=more)
    nobody_else_gave(estate, "applier")
    nobody_else_gave(estate, "viewer")
    return estate


EVERYTHING = {
    "CustomResourceDefinition": {"migrate", "update"},
    "Widget": {"repair", "update"},
    "Secret": {"retire"},
}


def found(plan: dict[str, Any]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for action in plan["actions"]:
        if action["op"] != "unchanged":
            kinds.setdefault(action["kind"], set()).add(action["op"])
    return kinds


def test_planner_and_applier_can_do_all_that_a_changed_definition_asks_for(
    changing: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    give(changing, "viewer", "planner", capsys)
    give(changing, "applier", "applier", capsys)
    changing.work_as("viewer")
    plan = changing.plan()
    assert found(plan) == EVERYTHING
    repaired = [action["namespace"] for action in plan["actions"] if action["op"] == "repair"]
    assert len(set(repaired)) == 2, "also one that is not ours, wherever it is"
    changing.work_as("applier")
    plan = changing.plan()
    assert found(plan) == EVERYTHING
    assert plan["warnings"] == []
    changing.apply()
    assert ops(changing.plan()) == {}


def test_applier_can_repair_what_somebody_elses_definition_has_locked_out(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    group = f"{estate.namespace}.example.org"
    known = yaml.safe_load(definition(group, "v1", "v1beta1"))
    estate.cluster.create(known)
    estate.cluster.wait(known, lambda live: condition(live, "Established") == "True")
    estate.roll_out(SETTINGS, placed(estate, widget(group, "v1beta1", "a")))
    known["spec"]["versions"].pop()
    assert estate.cluster.apply(known, manager="test", force=True)[0] == 200
    body = yaml.safe_load(placed(estate, widget(group, "v1", "a")))
    estate.cluster.until(lambda: estate.cluster.apply(body, dryRun="All")[0] == 500)
    estate.commit(SETTINGS, placed(estate, widget(group, "v1", "b")))
    nobody_else_gave(estate, "applier")
    give(estate, "applier", "applier", capsys)
    estate.work_as("applier")
    plan = estate.plan()
    assert (found(plan), plan["warnings"]) == ({"Widget": {"repair", "update"}}, [])
    estate.apply()
    assert ops(estate.plan()) == {}


def test_applier_can_write_read_and_remove_shards(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory_shards, "LARGEST_BYTES", 300)
    maps = [SETTINGS.replace("settings", f"s-{number}") for number in range(6)]
    nobody_else_gave(estate, "applier")
    estate.commit(*maps)
    give(estate, "applier", "applier", capsys)
    estate.work_as("applier")
    estate.plan()
    estate.apply()
    assert run(["status"]) == 0
    estate.commit(*maps[:1], apply=", maxDeletions: 9")
    assert estate.plan()["warnings"] == []
    estate.apply()
    assert ops(estate.plan()) == {}
