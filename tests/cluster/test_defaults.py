"""The defaults that a comparison fills in are those of a real API server: what it would hold is no change to us."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.diff.compare import fields_of
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import Resource
from tests.cluster.cluster import Cluster, Object

DATA = Path(__file__).parents[1] / "data"
# Plain YAML 1.1 but for y and n: the file means strings by them.
BASE = list(yaml.safe_load_all((DATA / "mutations" / "base.yaml").read_text()))
SPARSE = list(yaml.safe_load_all((DATA / "sparse.yaml").read_text()))

SERVERS_OWN = {
    "metadata": {"uid", "creationTimestamp", "managedFields", "resourceVersion", "generation", "finalizers"},
    "spec": {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort", "finalizers"}
    | {"storageClassName", "preemptionPolicy", "priority", "tolerations"},
}
"""What it allots, keeps for itself, or takes from other objects of the cluster: no default of the kind."""
MARKS = {"kubernetes.io/metadata.name", "deprecated.daemonset.template.generation"} | {
    f"{prefix}{name}" for prefix in ("", "batch.kubernetes.io/") for name in ("controller-uid", "job-name")
}


def held(cluster: Cluster, body: Object) -> Any:
    """What the server would hold of it, without what is its own business."""
    status, answer = cluster.apply(body, dryRun="All")
    assert status in (200, 201), answer.get("message")
    answer.pop("status", None)
    for part, keys in SERVERS_OWN.items():
        for key in keys - set(body.get(part, {})):
            answer.get(part, {}).pop(key, None)
    for metadata in (answer["metadata"], answer.get("spec", {}).get("template", {}).get("metadata", {})):
        for marks in ("labels", "annotations"):
            for key in MARKS:
                metadata.get(marks, {}).pop(key, None)
    _without_what_is_made(body["kind"], answer)
    return answer


def _without_what_is_made(kind: str, answer: Object) -> None:
    """A Job's selector, a pod's token, the ports of nodes: what the server makes for this one object."""
    if kind == "Job":
        del answer["spec"]["selector"]
    if kind == "ReplicationController":
        answer["metadata"].pop("labels", None)
    if kind == "Namespace":
        del answer["spec"]
    if kind == "Service":
        for port in answer["spec"].get("ports", []):
            port.pop("nodePort", None)
    if kind == "Pod":
        tolerated = answer["spec"].get("tolerations", [])
        kept = [one for one in tolerated if not str(one.get("key")).startswith("node.kubernetes.io/")]
        answer["spec"]["tolerations"] = kept
        for part in (answer["spec"], *answer["spec"]["containers"]):
            for key in {"volumes", "volumeMounts"} & part.keys():
                part[key] = [entry for entry in part[key] if not entry["name"].startswith("kube-api-access-")]


@pytest.mark.parametrize("body", [*BASE, *SPARSE], ids=lambda body: f"{body['kind']} {body['metadata']['name']}")
def test_what_the_server_would_hold_is_no_change(cluster: Cluster, body: Object) -> None:
    metadata = dict(body["metadata"])
    if "namespace" in metadata:
        metadata["namespace"] = cluster.namespace()
        names = {"name": "sa", "namespace": metadata["namespace"]}
        cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": names})
    mine = {**body, "metadata": metadata}
    for port in mine["spec"].get("ports", []) if body["kind"] == "Service" else []:
        port.pop("nodePort", None)
    changed = fields_of(Resource.of(mine), Resource.of(held(cluster, mine)))
    assert [f"{to_text(field.path)}: {field.old!r} -> {field.new!r}" for field in changed if not field.noise] == []
