"""Objects that other tools made are taken over, each as its tool writes them, on a real API server with real helm."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.cluster_platform import SETTINGS, ClusterPlatform, codes, ops
from tests.support.tools import tool

ADOPT = ", adopt: [{kind: ConfigMap, name: settings}]"
OLD = {"a": "old", "gone": "x"}
SETTINGS_OF_HELM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: old, gone: x}\n"
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.%(group)s, annotations: {helm.sh/resource-policy: keep}}
spec:
  group: %(group)s
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
"""


def settings(estate: ClusterPlatform, **metadata: Any) -> dict[str, Any]:
    head = {"name": "settings", "namespace": estate.namespace, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": head, "data": OLD}


@pytest.mark.parametrize("manager", ["kustomize-controller", "helm-controller", "argocd-controller"])
def test_what_a_controller_applied_is_adopted_without_its_fields(estate: ClusterPlatform, manager: str) -> None:
    """Flux and Argo CD (with ServerSideApply=true) apply under these names."""
    estate.cluster.apply(settings(estate), manager=manager)
    estate.commit(SETTINGS, apply=ADOPT)
    plan = estate.plan()
    assert ops(plan) == {"ConfigMap/settings": "adopt"}
    (action,) = [action for action in plan["actions"] if action["op"] == "adopt"]
    assert action["migrate"] == [manager]
    estate.apply()
    live = estate.live("ConfigMap", "settings")
    assert live["data"] == {"a": "b"}
    assert {entry["manager"] for entry in live["metadata"]["managedFields"]} == {"pipeline"}
    assert ops(estate.plan()) == {}


def test_helms_record_is_named_and_retired_so_that_uninstall_deletes_nothing(
    estate: ClusterPlatform, tmp_path: Path
) -> None:
    install(estate, tmp_path / "web", SETTINGS_OF_HELM)
    estate.commit(SETTINGS, apply=ADOPT)
    plan = estate.plan()
    (warning,) = [text for action in plan["actions"] for text in action["warnings"]]
    assert warning.startswith(f"helm's release {estate.namespace}/web still lists it, and helm uninstall would delete")
    estate.commit(SETTINGS, apply=f"{ADOPT}, retire: [{{name: web, namespace: {estate.namespace}}}]")
    assert ops(estate.plan()) == {"ConfigMap/settings": "adopt", "Secret/sh.helm.release.v1.web.v1": "retire"}
    estate.apply()
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "b"}
    assert "not found" in helm(estate, "uninstall", "web", code=1)
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "b"}
    assert ops(estate.plan()) == {}


def test_a_record_that_lists_what_nobody_would_own_is_not_retired(estate: ClusterPlatform, tmp_path: Path) -> None:
    install(estate, tmp_path / "web", SETTINGS_OF_HELM, SETTINGS_OF_HELM.replace("settings", "other"))
    estate.commit(SETTINGS, apply=f"{ADOPT}, retire: [{{name: web, namespace: {estate.namespace}}}]")
    plan = estate.plan(code=9)
    assert codes(plan) == {"retire"}
    assert f"ConfigMap {estate.namespace}/other" in plan["problems"][0]["message"]
    helm(estate, "uninstall", "web")


def install(estate: ClusterPlatform, chart: Path, *templates: str) -> None:
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    for number, text in enumerate(templates):
        (chart / f"templates/{number}.yaml").write_text(text)
    helm(estate, "install", "web", str(chart))


def helm(estate: ClusterPlatform, *arguments: str, code: int = 0) -> str:
    command = [tool("helm"), *arguments, "-n", estate.namespace, "--kubeconfig", str(estate.cluster.kubeconfig())]
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == code, done.stdout
    return done.stdout


def test_a_custom_resource_that_owns_a_claim_is_kept_until_its_kind_is_named(estate: ClusterPlatform) -> None:
    crd = CRD % {"group": f"{estate.namespace}.example.org"}
    widget = f"apiVersion: {estate.namespace}.example.org/v1\nkind: Widget\nmetadata: {{name: %s}}\n"
    estate.roll_out(crd, SETTINGS)
    estate.roll_out(crd, SETTINGS, widget % "full", widget % "empty")
    path = f"/apis/{estate.namespace}.example.org/v1/namespaces/{estate.namespace}/widgets/full"
    owner = estate.cluster.expect(200, "GET", path)["metadata"]["uid"]
    reference = {"apiVersion": f"{estate.namespace}.example.org/v1", "kind": "Widget", "name": "full", "uid": owner}
    estate.cluster.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "namespace": estate.namespace, "ownerReferences": [reference]},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }
    )
    estate.commit(crd, SETTINGS)
    plan = estate.plan()
    assert ops(plan) == {"Widget/full": "keep", "Widget/empty": "delete"}
    (kept,) = [action["reason"] for action in plan["actions"] if action["op"] == "keep"]
    assert kept == "PersistentVolumeClaim data belongs to it; apply.pruneKinds: [Widget] allows its deletion"
    estate.commit(crd, SETTINGS, apply=", pruneKinds: [Widget]")
    assert ops(estate.plan()) == {"Widget/full": "delete", "Widget/empty": "delete"}
