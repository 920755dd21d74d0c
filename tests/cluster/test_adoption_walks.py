"""docs/adoption.md walked from end to end: objects as each tool's controller writes them, the page's own commands."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster import changing_definitions
from tests.cluster.binaries import ROOT
from tests.cluster.cluster_platform import SETTINGS, ClusterPlatform, codes, ops

PAGE = (ROOT / "docs/adoption.md").read_text()
ADOPT = ", adopt: [{kind: ConfigMap, name: settings}]"
KUSTOMIZE, HELM = "kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io"
INSTANCE = "app.kubernetes.io/instance"
Write = Callable[[ClusterPlatform], None]


def settings(estate: ClusterPlatform, **metadata: Any) -> dict[str, Any]:
    head = {"name": "settings", "namespace": estate.namespace, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": head, "data": {"a": "old", "gone": "x"}}


def tracking(estate: ClusterPlatform) -> dict[str, str]:
    return {"argocd.argoproj.io/tracking-id": f"shop:/ConfigMap:{estate.namespace}/settings"}


def applied(estate: ClusterPlatform, body: dict[str, Any], manager: str) -> None:
    status, said = estate.cluster.apply(body, manager=manager)
    assert status == 201, said


def kubectl(estate: ClusterPlatform, verb: str, body: dict[str, Any], manager: str) -> None:
    """As client-go does it for a controller that is not server-side."""
    estate.cluster.kubectl(verb, f"--field-manager={manager}", "-f", "-", stdin=json.dumps(body))


def argo_cd_server_side(estate: ClusterPlatform) -> None:
    """Argo CD 3 with ServerSideApply=true."""
    applied(estate, settings(estate, annotations=tracking(estate)), "argocd-controller")


def argo_cd(estate: ClusterPlatform) -> None:
    """Argo CD 3 as it comes: kubectl's client-side apply, tracked by an annotation."""
    kubectl(estate, "apply", settings(estate, annotations=tracking(estate)), "argocd-controller")


def argo_cd_with_both_marks(estate: ClusterPlatform) -> None:
    """``resourceTrackingMethod: annotation+label``."""
    body = settings(estate, annotations=tracking(estate), labels={INSTANCE: "shop"})
    kubectl(estate, "apply", body, "argocd-controller")


def argo_cd_2(estate: ClusterPlatform) -> None:
    """Before 3.0: tracked by a label."""
    kubectl(estate, "apply", settings(estate, labels={INSTANCE: "shop"}), "argocd-application-controller")


def flux_kustomization(estate: ClusterPlatform) -> None:
    body = settings(estate, labels={f"{KUSTOMIZE}/name": "shop", f"{KUSTOMIZE}/namespace": "flux-system"})
    applied(estate, body, "kustomize-controller")


def flux_over_kubectl(estate: ClusterPlatform) -> None:
    """Bootstrapped with kubectl, and taken over by kustomize-controller, which leaves kubectl's entry where it is."""
    kubectl(estate, "apply", settings(estate), "kubectl-client-side-apply")
    body = settings(estate, labels={f"{KUSTOMIZE}/name": "shop", f"{KUSTOMIZE}/namespace": "flux-system"})
    assert estate.cluster.apply(body, manager="kustomize-controller", force=True)[0] == 200


def of_a_helm_release(estate: ClusterPlatform) -> dict[str, Any]:
    labels = {f"{HELM}/name": "old", f"{HELM}/namespace": "flux-system", "app.kubernetes.io/managed-by": "Helm"}
    owner = {"meta.helm.sh/release-name": "old", "meta.helm.sh/release-namespace": estate.namespace}
    estate.cluster.create(changing_definitions.helms_record(estate.namespace))
    return settings(estate, labels=labels, annotations=owner)


def flux_helm_release(estate: ClusterPlatform) -> None:
    """helm-controller with Helm 3: a plain create."""
    kubectl(estate, "create", of_a_helm_release(estate), "helm-controller")


def flux_helm_release_server_side(estate: ClusterPlatform) -> None:
    """helm-controller with Helm 4."""
    applied(estate, of_a_helm_release(estate), "helm-controller")


WALKS: dict[str, list[Write]] = {
    "Argo CD": [argo_cd, argo_cd_server_side, argo_cd_with_both_marks, argo_cd_2],
    "Flux": [flux_kustomization, flux_over_kubectl, flux_helm_release, flux_helm_release_server_side],
}
BOTH = [pytest.param(tool, write, id=write.__name__) for tool, several in WALKS.items() for write in several]


def commands(section: str) -> list[str]:
    """What the page's section says to type."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [line.removeprefix("$ kubectl ") for line in text.splitlines() if line.startswith("$ kubectl ")]


@pytest.mark.parametrize(("tool", "write"), BOTH)
def test_what_a_controller_wrote_is_taken_over_as_the_page_says(
    estate: ClusterPlatform, tool: str, write: Write
) -> None:
    write(estate)
    retire = f", retire: [{{name: old, namespace: {estate.namespace}}}]" if "helm" in write.__name__ else ""
    estate.commit(SETTINGS, apply=ADOPT + retire)
    plan = estate.plan(code=9)
    assert codes(plan) == {"foreign"}
    assert tool in plan["problems"][0]["message"]
    for command in commands(tool):
        own = command.replace("deployment/web", "configmap/settings").replace("-n shop", f"-n {estate.namespace}")
        assert own != command
        estate.cluster.kubectl(*shlex.split(own))
    record = {"Secret/sh.helm.release.v1.old.v1": "retire"} if retire else {}
    assert ops(estate.plan()) == {"ConfigMap/settings": "adopt"} | record
    estate.apply()
    live = estate.live("ConfigMap", "settings")
    assert live["data"] == {"a": "b"}
    assert {entry["manager"] for entry in live["metadata"]["managedFields"]} == {"pipeline"}
    assert not live["metadata"].get("annotations")
    assert not [label for label in live["metadata"]["labels"] if "flux" in label or label == INSTANCE]
    assert estate.live("Secret", "sh.helm.release.v1.old.v1") is None
    assert ops(estate.plan()) == {}
