"""The control plane of the tests is a real one: rollouts end, volumes are bound, and the audit log has every write."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.cluster.binaries import ROOT, require
from tests.cluster.cluster import Cluster


def deployment(namespace: str, tag: str = "1.0", **spec: Any) -> dict[str, Any]:
    labels = {"app": "web"}
    container = {"name": "web", "image": f"example.org/web:{tag}"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": template} | spec,
    }


def condition(live: Any, kind: str) -> Any:
    return next(c for c in live["status"].get("conditions", []) if c["type"] == kind)


def test_deployment_becomes_available(cluster: Cluster) -> None:
    body = deployment(cluster.namespace())
    assert cluster.apply(body)[0] == 201
    live = cluster.wait(body, lambda live: live["status"]["availableReplicas"] == 2)
    assert condition(live, "Available")["status"] == "True"


def test_rollout_of_a_crashing_image_exceeds_its_deadline(cluster: Cluster) -> None:
    body = deployment(cluster.namespace(), tag="crash", progressDeadlineSeconds=1)
    cluster.apply(body)
    live = cluster.wait(body, lambda live: condition(live, "Progressing")["status"] == "False")
    assert condition(live, "Progressing")["reason"] == "ProgressDeadlineExceeded"

    def reasons() -> list[str]:
        _, pods = cluster.raw("GET", f"/api/v1/namespaces/{body['metadata']['namespace']}/pods")
        states = [pod["status"].get("containerStatuses", [{}])[0].get("state", {}) for pod in pods["items"]]
        return [state.get("waiting", {}).get("reason", "") for state in states]

    cluster.until(lambda: reasons() == ["CrashLoopBackOff"] * 2)  # the second pod may come late


@pytest.mark.parametrize(("tag", "outcome"), [("1.0", "Complete"), ("crash", "Failed")])
def test_job_ends(cluster: Cluster, tag: str, outcome: str) -> None:
    container = {"name": "migrate", "image": f"example.org/migrate:{tag}"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    body = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "migrate", "namespace": cluster.namespace()},
        "spec": {"backoffLimit": 0, "template": template},
    }
    cluster.apply(body)
    cluster.wait(body, lambda live: condition(live, outcome)["status"] == "True")


@pytest.mark.parametrize(("storage_class", "phase"), [("standard", "Bound"), ("late", "Pending")])
def test_claim_is_bound_where_its_class_says_so(cluster: Cluster, storage_class: str, phase: str) -> None:
    spec: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    namespace = cluster.namespace()
    body = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": spec | {"storageClassName": storage_class},
    }
    cluster.apply(body)
    assert cluster.wait(body, lambda live: live["status"]["phase"] == phase)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "reader", "namespace": namespace},
        "spec": {
            "containers": [{"name": "reader", "image": "example.org/reader:1"}],
            "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    }
    cluster.apply(pod)
    cluster.wait(pod, lambda live: live["status"]["phase"] == "Running")
    assert cluster.get(body)["status"]["phase"] == "Bound"


@pytest.mark.slow
def test_namespace_goes_with_its_deployment_and_its_pods(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    body = deployment(namespace)
    cluster.apply(body)
    cluster.wait(body, lambda live: live["status"]["availableReplicas"] == 2)
    cluster.expect(200, "DELETE", f"/api/v1/namespaces/{namespace}")
    cluster.gone(f"/api/v1/namespaces/{namespace}")


def test_audit_log_has_every_write_with_who_what_and_how_it_ended(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": namespace}}
    cluster.mark()
    cluster.apply(body)
    cluster.apply(body | {"data": {"a": "b"}}, dryRun="All")
    cluster.apply(body, user="applier")
    uid = cluster.get(body)["metadata"]["uid"]
    cluster.delete(body, {"preconditions": {"uid": uid}})
    found = [(write.user, write.verb, write.id, write.code) for write in cluster.audit()]
    place = f"/configmaps/{namespace}/a"
    assert found == [
        ("admin", "patch", place, 201),
        ("applier", "patch", place, 403),
        ("admin", "delete", place, 200),
    ]
    assert cluster.audit()[-1].body["preconditions"] == {"uid": uid}
    assert [write.uri.count("dryRun") for write in cluster.audit(dry_run=True)] == [0, 1, 0, 0]


def test_audit_log_has_a_write_whose_body_is_yaml(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.mark()
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"
    cluster.expect(201, "PATCH", path, text, content_type="apply", params={"fieldManager": "test"})
    assert [(write.verb, write.code) for write in cluster.audit()] == [("patch", 201)]


def test_kubectl_and_users_work(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    assert "Forbidden" in cluster.kubectl("get", "pods", "-n", namespace, user="viewer", check=False)
    cluster.grant("viewer", "view", namespace)
    cluster.until(lambda: cluster.raw("GET", f"/api/v1/namespaces/{namespace}/pods", user="viewer")[0] == 200)
    assert "No resources found" in cluster.kubectl("get", "pods", "-n", namespace, user="viewer")
    versions = cluster.kubectl("version", "-o", "json")  # a word on the skew of versions may follow
    assert json.JSONDecoder().raw_decode(versions)[0]["serverVersion"]["gitVersion"].startswith("v1.")


def test_no_process_is_left_when_whoever_started_it_is_gone(tmp_path: Any) -> None:
    command = [sys.executable, "-m", "tests.cluster.control_plane", str(require()), str(tmp_path / "plane")]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["url"].rpartition(":")[2]
        assert _commands_with(f"--secure-port={port}")
        process.communicate()
    assert not _commands_with(f"--secure-port={port}")


def _commands_with(text: str) -> list[str]:
    listed = subprocess.run(["ps", "-ewwo", "args"], check=True, capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if text in line and "kube-apiserver" in line]
