"""Drift, status, rollback, unlock, adoption and what is kept, on a real API server, as a user runs them."""

import json

import pytest

from pipeline.cli import run
from tests.cluster.cluster_platform import SECRET, SETTINGS, WEB, ClusterPlatform, codes, ops
from tests.cluster.webhook import Webhook

RBAC = "rbac.authorization.k8s.io/v1"
HOOK = """apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: "example.org/m:1"}]}}}
"""


def test_what_is_no_longer_rendered_is_pruned_unless_it_asks_to_stay(estate: ClusterPlatform) -> None:
    kept = SETTINGS.replace("settings}", "kept, annotations: {helm.sh/resource-policy: keep}}")
    estate.roll_out(WEB, SETTINGS, kept)
    estate.commit(WEB)
    assert ops(estate.plan()) == {"ConfigMap/settings": "delete", "ConfigMap/kept": "keep"}
    estate.apply()
    assert estate.live("ConfigMap", "settings") is None
    assert estate.live("ConfigMap", "kept") is not None
    assert not any(line.endswith("/settings") for line in estate.inventory())


def test_status_written_by_a_controller_makes_no_plan_stale(estate: ClusterPlatform) -> None:
    estate.roll_out(WEB)
    estate.commit(WEB, values="tag: '2.0'\n")
    estate.plan()
    live = estate.live("Deployment", "web")
    path = estate.cluster.path(live)
    estate.cluster.expect(200, "PATCH", f"{path}/status", {"status": {"collisionCount": 3}}, content_type="merge")
    estate.apply()


@pytest.mark.parametrize("helm", [False, True])
def test_adoption_must_be_allowed_and_takes_over_all_fields(estate: ClusterPlatform, *, helm: bool) -> None:
    labels = "\n  labels: {app.kubernetes.io/managed-by: Helm}\n" if helm else ""
    notes = "  annotations: {meta.helm.sh/release-name: web, meta.helm.sh/release-namespace: x}\n" if helm else ""
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings{labels}{notes}\ndata: {{a: old, gone: x}}\n"
    manager = "helm" if helm else "kubectl-client-side-apply"
    create = ("apply", f"--field-manager={manager}", "-n", estate.namespace, "-f", "-")
    estate.cluster.kubectl(*create, stdin=text)
    estate.commit(SETTINGS)
    assert codes(estate.plan(code=9)) == {"adoption"}
    estate.apply(code=9)
    assert estate.live("ConfigMap", "settings")["data"]["a"] == "old"
    estate.commit(SETTINGS, apply=", adopt: [{kind: ConfigMap, name: settings}]")
    plan = estate.plan()
    assert ops(plan) == {"ConfigMap/settings": "adopt"}
    estate.apply()
    live = estate.live("ConfigMap", "settings")
    assert live["data"] == {"a": "b"}
    assert "kubectl.kubernetes.io/last-applied-configuration" not in live["metadata"].get("annotations", {})


def test_field_of_another_manager_is_a_conflict_until_a_rule_decides(estate: ClusterPlatform) -> None:
    estate.roll_out(SETTINGS)
    live = estate.live("ConfigMap", "settings")
    theirs = {**live, "data": {"a": "theirs"}, "metadata": {"name": "settings", "namespace": estate.namespace}}
    estate.cluster.apply(theirs, manager="theirs", force=True)
    estate.commit(SETTINGS, values="a: c\n")
    plan = estate.plan(code=9)
    assert codes(plan) == {"conflict"}
    assert "'theirs'" in plan["problems"][0]["message"]
    estate.commit(SETTINGS, values="a: c\n", apply=", conflicts: [{manager: theirs, action: leave}]")
    estate.plan()
    estate.apply()
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "theirs"}
    estate.commit(SETTINGS, values="a: c\n", apply=", conflicts: [{manager: theirs, action: take}]")
    estate.plan()
    estate.apply()
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "c"}


def test_drift_names_what_differs_and_who_did_it(estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    estate.roll_out(WEB, SETTINGS)
    assert run(["drift"]) == 0
    estate.cluster.kubectl("-n", estate.namespace, "scale", "deployment/web", "--replicas=3")
    estate.cluster.kubectl("-n", estate.namespace, "delete", "configmap", "settings")
    capsys.readouterr()
    assert run(["drift", "-o", "json"]) == 2
    data = json.loads(capsys.readouterr().out)
    found = {(item["object"].split("/")[-1], item["drift"], item["by"]) for item in data["differences"]}
    assert found == {("settings", "missing", ""), ("web", "changed", "kubectl/scale")}


def test_drift_tells_what_was_taken_replaced_and_added_from_what_was_changed(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("forced", "replaced", "unmarked", "calm")
    estate.roll_out(*(SETTINGS.replace("settings", name) for name in names))
    live = {name: estate.live("ConfigMap", name) for name in names}
    forced = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "theirs"}}
    forced |= {"metadata": {"name": "forced", "namespace": estate.namespace}}
    estate.cluster.apply(forced, manager="somebody", force=True)
    estate.cluster.apply(forced | {"data": {"a": "b"}}, manager="somebody", force=True)
    label = live["calm"]["metadata"]["labels"]
    estate.cluster.delete(live["replaced"])
    estate.cluster.create(forced | {"metadata": {"name": "replaced", "namespace": estate.namespace}})
    estate.cluster.kubectl("-n", estate.namespace, "label", "configmap", "unmarked", "applyset.kubernetes.io/part-of-")
    estate.cluster.create(forced | {"metadata": {"name": "extra", "namespace": estate.namespace, "labels": label}})
    capsys.readouterr()
    estate.cluster.mark()
    assert run(["drift", "-o", "json"]) == 2
    data = json.loads(capsys.readouterr().out)
    found = {item["object"].split("/")[-1]: item["drift"] for item in data["differences"]}
    assert found == {"forced": "taken", "replaced": "replaced", "unmarked": "changed", "extra": "extra"}
    assert run(["drift", "-l", "web"]) == 2
    assert estate.cluster.audit() == []


def test_what_is_to_be_ignored_is_no_drift_and_makes_no_plan_stale(estate: ClusterPlatform) -> None:
    ignore = ", ignore: [{kind: Deployment, name: web, field: spec.replicas}]"
    estate.roll_out(WEB, apply=ignore)
    estate.commit(WEB, values="tag: '2.0'\n", apply=ignore)
    estate.plan()
    estate.cluster.kubectl("-n", estate.namespace, "scale", "deployment/web", "--replicas=3")
    estate.apply()
    live = estate.live("Deployment", "web")
    assert live["spec"]["replicas"] == 3
    assert live["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":2.0")
    assert run(["drift"]) == 0
    estate.commit(WEB, values="tag: '3.0'\n", apply=ignore)
    estate.plan()
    estate.apply()
    assert estate.live("Deployment", "web")["spec"]["replicas"] == 3
    assert ops(estate.plan()) == {}


def test_status_says_who_holds_the_lock_who_approved_and_that_a_claim_may_wait(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    claim = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], storageClassName: late, resources: {requests: {storage: 1Gi}}}
"""
    late = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "late"}}
    estate.cluster.raw(
        "POST",
        "/apis/storage.k8s.io/v1/storageclasses",
        late | {"provisioner": "example.org/none", "volumeBindingMode": "WaitForFirstConsumer"},
    )
    estate.roll_out(claim)
    path = f"/apis/coordination.k8s.io/v1/namespaces/pipeline-system/leases/pipeline-{estate.environment}"
    estate.cluster.expect(200, "PATCH", path, {"spec": {"holderIdentity": "some-run"}}, content_type="merge")
    capsys.readouterr()
    assert run(["status", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["lock"]["holder"] == "some-run"
    assert data["runs"][0]["approvers"]
    assert data["unwell"] == []
    assert run(["status"]) == 0
    assert "locked by some-run" in capsys.readouterr().out


def test_rollback_is_a_plan_of_its_own_and_says_what_does_not_come_back(estate: ClusterPlatform) -> None:
    first = estate.roll_out(SETTINGS, HOOK)
    estate.roll_out(SETTINGS, HOOK, values="a: c\n")
    path = estate.root.parent / "plan.json"
    assert run(["rollback", first, "--out", str(path)]) == 0
    plan = json.loads(path.read_text())
    assert any("the hook runs again" in note for note in plan["notes"])
    estate.apply()
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "b"}


def test_status_shows_the_run_and_what_does_not_work(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = estate.roll_out(WEB, SETTINGS)
    estate.cluster.kubectl("-n", estate.namespace, "delete", "configmap", "settings")
    capsys.readouterr()
    assert run(["status", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["releases"] == {"web": commit}
    assert [item["object"].split("/")[-1] for item in data["unwell"]] == ["settings"]
    assert run(["status"]) == 0


def test_diff_against_the_cluster_shows_what_is_live(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    estate.roll_out(WEB, SETTINGS, SECRET)
    assert run(["diff", f"cluster:{estate.environment}", "worktree", "--detailed-exitcode"]) == 0
    estate.cluster.kubectl("-n", estate.namespace, "scale", "deployment/web", "--replicas=3")
    capsys.readouterr()
    assert run(["diff", f"cluster:{estate.environment}", "worktree", "--detailed-exitcode"]) == 2
    assert "- replicas: 3" in capsys.readouterr().out


def test_held_lock_is_refused_and_can_be_released(estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    estate.roll_out(SETTINGS)
    name = f"pipeline-{estate.environment}"
    path = f"/apis/coordination.k8s.io/v1/namespaces/pipeline-system/leases/{name}"
    patch = {"spec": {"holderIdentity": "dead-run", "leaseDurationSeconds": 600}}
    estate.cluster.expect(200, "PATCH", path, patch, content_type="merge")
    assert run(["unlock"]) == 64
    assert "dead-run" in capsys.readouterr().err
    assert run(["unlock", "--run", "another", "--reason", "it is dead"]) == 64
    assert run(["unlock", "--run", "dead-run", "--reason", "it is dead"]) == 0
    estate.commit(SETTINGS, values="a: c\n")
    estate.plan()
    estate.apply()


def test_no_secret_value_is_ever_printed_or_kept(estate: ClusterPlatform, capfd: pytest.CaptureFixture[str]) -> None:
    estate.roll_out(SECRET, WEB)
    estate.commit(SECRET.replace("hunter2", "hunter3"), WEB)
    estate.plan("-o", "json")
    estate.plan()
    estate.apply()
    run(["drift"])
    run(["status"])
    out, err = capfd.readouterr()
    state = b"".join(path.read_bytes() for path in (estate.root.parent / "state").rglob("*") if path.is_file())
    plan = (estate.root.parent / "plan.json").read_text()
    for text in (out, err, state.decode(), plan):
        assert "canary" not in text
        assert "Y2FuYXJ5" not in text


def test_the_rules_of_an_aggregated_role_are_its_controllers(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    name = estate.namespace
    both = (
        f"apiVersion: {RBAC}\nkind: ClusterRole\nmetadata: {{name: {name}-all}}\nrules: []\n"
        f"aggregationRule: {{clusterRoleSelectors: [{{matchLabels: {{part: {name}}}}}]}}\n"
        f"---\napiVersion: {RBAC}\nkind: ClusterRole\nmetadata: {{name: {name}-part, labels: {{part: {name}}}}}\n"
        "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\n"
    )
    estate.roll_out(both)
    role = {"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": f"{name}-all"}}
    estate.cluster.wait(role, lambda live: bool(live.get("rules")))
    assert ops(estate.plan()) == {}
    capsys.readouterr()
    assert run(["drift"]) == 0, capsys.readouterr().out


def test_what_the_server_drops_or_stores_as_something_else_is_said(estate: ClusterPlatform) -> None:
    """A feature that is off takes its field along without a warning; an admission webhook changes what is sent."""
    gated = WEB.replace("ports:", "lifecycle: {stopSignal: SIGTERM}, resources: {limits: {cpu: 1000m}}, ports:")
    gated = gated.replace("metadata: {labels: {app: web}}", "metadata: {labels: {app: web}, annotations: {a: '1'}}")
    estate.commit(gated, SETTINGS)
    with Webhook(estate.cluster, ["configmaps"], estate.namespace) as webhook:
        webhook.patch = [{"op": "replace", "path": "/data/a", "value": "changed"}]
        said = {f"{a['kind']}/{a['name']}": a["warnings"] for a in estate.plan()["actions"] if a["warnings"]}
    field = "spec.template.spec.containers[name=web].lifecycle"
    assert said["Deployment/web"] == [f"the API server drops {field}"]
    assert said["ConfigMap/settings"] == ["the API server stores data.a as another value"]
    estate.apply()
    assert ops(estate.plan()) == {}


def test_characters_that_yaml_would_fold_are_stored_as_they_are(estate: ClusterPlatform) -> None:
    estate.commit('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: "b\\x85c\\x7fd\\u2028"}\n')
    assert [action["warnings"] for action in estate.plan()["actions"]] == [[]]
    estate.apply()
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "b\x85c\x7fd\u2028"}
    assert ops(estate.plan()) == {}


def test_a_plan_says_as_whom_it_asked_and_which_order_it_does_not_follow(
    estate: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    waved = SETTINGS.replace("settings}", "settings, annotations: {argocd.argoproj.io/sync-wave: '5'}}")
    none = SETTINGS.replace("settings}", "other, annotations: {argocd.argoproj.io/sync-wave: '0'}}")
    grouped = SETTINGS.replace("settings}", "third, annotations: {kapp.k14s.io/change-group.one: example.org/db}}")
    estate.commit(waved, none, grouped)
    capsys.readouterr()
    plan = estate.plan()
    assert plan["target"]["user"] == "admin"
    order = "is not followed: the order is that of the phases, and of needs"
    assert plan["warnings"] == [
        f"argocd.argoproj.io/sync-wave of 1 object {order}",
        f"kapp.k14s.io/change-group of 1 object {order}",
    ]
    assert ", as admin)" in capsys.readouterr().out
