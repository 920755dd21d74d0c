"""Plan, apply, drift, status, rollback and unlock on a real API server, as a user runs them."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.cluster.estate import SECRET, SETTINGS, WEB, Estate, codes, ops
from tests.platforms import git

HOOK = """apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: "pre-install,pre-upgrade"}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: "example.org/m:1"}]}}}
"""


def test_first_apply_creates_and_the_second_plan_is_empty(estate: Estate) -> None:
    estate.commit(WEB, SETTINGS, SECRET)
    assert ops(estate.plan()) == {"Deployment/web": "create", "ConfigMap/settings": "create", "Secret/creds": "create"}
    estate.apply()
    assert estate.live("Deployment", "web")["status"]["availableReplicas"] == 1
    assert len(estate.inventory()) == 3
    estate.cluster.mark()
    assert ops(estate.plan(out="again.json")) == {}
    estate.apply(plan="again.json")
    estate.apply()  # the first plan once more: it was applied
    assert estate.cluster.audit(user_agent="pipeline/") == []


def test_plan_writes_nothing(estate: Estate) -> None:
    estate.commit(WEB, SETTINGS)
    estate.cluster.mark()
    estate.plan()
    assert estate.cluster.audit(user_agent="pipeline/") == []
    assert estate.live("ConfigMap", "settings") is None


def test_update_says_what_changes_and_changes_that(estate: Estate) -> None:
    estate.roll_out(WEB, SETTINGS)
    estate.commit(WEB, SETTINGS, values="a: c\n")
    plan = estate.plan()
    assert ops(plan) == {"ConfigMap/settings": "update"}
    (action,) = [action for action in plan["actions"] if action["op"] == "update"]
    assert [(f["path"], f["old"], f["new"]) for f in action["fields"]] == [("data.a", "b", "c")]
    estate.apply()
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "c"}


def test_what_is_no_longer_rendered_is_pruned_unless_it_asks_to_stay(estate: Estate) -> None:
    kept = SETTINGS.replace("settings}", "kept, annotations: {helm.sh/resource-policy: keep}}")
    estate.roll_out(WEB, SETTINGS, kept)
    estate.commit(WEB)
    assert ops(estate.plan()) == {"ConfigMap/settings": "delete", "ConfigMap/kept": "keep"}
    estate.apply()
    assert estate.live("ConfigMap", "settings") is None
    assert estate.live("ConfigMap", "kept") is not None
    assert not any(line.endswith("/settings") for line in estate.inventory())


def test_copy_of_our_label_is_never_pruned(estate: Estate) -> None:
    estate.roll_out(WEB, SETTINGS)
    labels = estate.live("ConfigMap", "settings")["metadata"]["labels"]
    foreign = {"name": "foreign", "namespace": estate.namespace, "labels": labels}
    estate.cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": foreign})
    estate.commit(WEB)
    estate.plan()
    estate.apply()
    assert estate.live("ConfigMap", "foreign") is not None


def test_nothing_rendered_at_all_is_refused(estate: Estate) -> None:
    estate.roll_out(SETTINGS)
    estate.commit()
    assert codes(estate.plan(code=9)) == {"empty"}
    estate.apply(code=9)
    assert estate.live("ConfigMap", "settings") is not None


def test_foreign_edit_makes_the_plan_stale_and_nothing_is_written(estate: Estate) -> None:
    estate.roll_out(WEB, SETTINGS)
    estate.commit(WEB, SETTINGS, values="a: c\ntag: '2.0'\n")
    estate.plan()
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": estate.namespace}}
    estate.cluster.raw("PATCH", estate.cluster.path(body), {"data": {"z": "1"}}, content_type="merge")
    estate.cluster.mark()
    estate.apply(code=4)
    writes = estate.cluster.audit(user_agent="pipeline/")
    assert {write.resource for write in writes} == {"leases"}


def test_status_written_by_a_controller_makes_no_plan_stale(estate: Estate) -> None:
    estate.roll_out(WEB)
    estate.commit(WEB, values="tag: '2.0'\n")
    estate.plan()
    live = estate.live("Deployment", "web")
    path = estate.cluster.path(live)
    estate.cluster.expect(200, "PATCH", f"{path}/status", {"status": {"collisionCount": 3}}, content_type="merge")
    estate.apply()


@pytest.mark.parametrize("helm", [False, True])
def test_adoption_must_be_allowed_and_takes_over_all_fields(estate: Estate, *, helm: bool) -> None:
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


@pytest.mark.parametrize(
    "mark",
    [
        "labels: {kustomize.toolkit.fluxcd.io/name: x}",
        "annotations: {argocd.argoproj.io/tracking-id: x}",
        "labels: {kapp.k14s.io/app: x}",
        "annotations: {config.k8s.io/owning-inventory: x}",
        "labels: {applyset.kubernetes.io/part-of: applyset-other-v1}",
    ],
)
def test_objects_of_other_tools_are_refused_even_where_adoption_is_allowed(estate: Estate, mark: str) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, {mark}}}\n"
    estate.cluster.kubectl("create", "-n", estate.namespace, "-f", "-", stdin=text)
    estate.commit(SETTINGS, apply=", adopt: [{kind: '*'}]")
    assert codes(estate.plan(code=9)) == {"foreign"}


def test_field_of_another_manager_is_a_conflict_until_a_rule_decides(estate: Estate) -> None:
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


def test_immutable_change_is_refused_until_recreation_is_allowed(estate: Estate) -> None:
    estate.roll_out(WEB)
    uid = estate.live("Deployment", "web")["metadata"]["uid"]
    other = WEB.replace("app: web", "app: other")
    estate.commit(other)
    assert codes(estate.plan(code=9)) == {"immutable"}
    estate.commit(other, apply=", recreate: [{kind: Deployment, name: web}]")
    assert ops(estate.plan()) == {"Deployment/web": "recreate"}
    estate.apply()
    live = estate.live("Deployment", "web")
    assert live["metadata"]["uid"] != uid
    assert live["spec"]["selector"] == {"matchLabels": {"app": "other"}}
    backups = list((estate.root.parent / "state").rglob("backup-*.json"))
    assert [path.stat().st_mode & 0o777 for path in backups] == [0o600]


def test_hook_runs_when_its_release_changes_and_not_otherwise(estate: Estate) -> None:
    estate.roll_out(SETTINGS, HOOK)
    first = estate.live("Job", "migrate")["metadata"]["uid"]
    assert ops(estate.plan()) == {"Job/migrate": "ignore"}
    estate.roll_out(SETTINGS, HOOK, values="a: c\n")
    assert estate.live("Job", "migrate")["metadata"]["uid"] != first


def test_failed_hook_ends_the_run_before_anything_else(estate: Estate) -> None:
    estate.commit(
        SETTINGS, HOOK.replace("m:1", "m:crash").replace("spec: {template", "spec: {backoffLimit: 0, template")
    )
    estate.plan()
    estate.apply(code=6)
    assert estate.live("ConfigMap", "settings") is None


def test_unhealthy_rollout_is_told_apart_from_one_not_applied(
    estate: Estate, capsys: pytest.CaptureFixture[str]
) -> None:
    estate.commit(WEB, SETTINGS, values="tag: crash\n", patience="3")
    estate.plan()
    estate.apply(code=7)
    assert "CrashLoopBackOff" in capsys.readouterr().out


def test_drift_names_what_differs_and_who_did_it(estate: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    estate.roll_out(WEB, SETTINGS)
    assert run(["drift"]) == 0
    estate.cluster.kubectl("-n", estate.namespace, "scale", "deployment/web", "--replicas=3")
    estate.cluster.kubectl("-n", estate.namespace, "delete", "configmap", "settings")
    capsys.readouterr()
    assert run(["drift", "-o", "json"]) == 2
    data = json.loads(capsys.readouterr().out)
    found = {(item["object"].split("/")[-1], item["drift"], item["by"]) for item in data["differences"]}
    assert found == {("settings", "missing", ""), ("web", "changed", "kubectl/scale")}


def test_rollback_is_a_plan_of_its_own_and_says_what_does_not_come_back(estate: Estate) -> None:
    first = estate.roll_out(SETTINGS, HOOK)
    estate.roll_out(SETTINGS, HOOK, values="a: c\n")
    path = estate.root.parent / "plan.json"
    assert run(["rollback", first, "--out", str(path)]) == 0
    plan = json.loads(path.read_text())
    assert any("the hook runs again" in note for note in plan["notes"])
    estate.apply()
    assert estate.live("ConfigMap", "settings")["data"] == {"a": "b"}


def test_status_shows_the_run_and_what_does_not_work(estate: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    commit = estate.roll_out(WEB, SETTINGS)
    estate.cluster.kubectl("-n", estate.namespace, "delete", "configmap", "settings")
    capsys.readouterr()
    assert run(["status", "-o", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["releases"] == {"web": commit}
    assert [item["object"].split("/")[-1] for item in data["unwell"]] == ["settings"]
    assert run(["status"]) == 0


def test_diff_against_the_cluster_shows_what_is_live(estate: Estate, capsys: pytest.CaptureFixture[str]) -> None:
    estate.roll_out(WEB, SETTINGS, SECRET)
    assert run(["diff", f"cluster:{estate.environment}", "worktree", "--detailed-exitcode"]) == 0
    estate.cluster.kubectl("-n", estate.namespace, "scale", "deployment/web", "--replicas=3")
    capsys.readouterr()
    assert run(["diff", f"cluster:{estate.environment}", "worktree", "--detailed-exitcode"]) == 2
    assert "spec.replicas" in capsys.readouterr().out


def test_another_cluster_is_refused(estate: Estate) -> None:
    estate.commit(SETTINGS)
    config = Path("pipeline.yaml").read_text().replace("context: test", "context: test, uid: not-this-one")
    Path("pipeline.yaml").write_text(config)
    assert run(["plan"]) == 4


def test_uncommitted_manifests_are_refused(estate: Estate) -> None:
    estate.commit(SETTINGS)
    (path,) = Path("rendered").rglob("configmap-settings.yaml")
    path.write_text(path.read_text() + "# changed\n")
    assert run(["plan"]) == 4
    git(estate.root, "checkout", "--quiet", ".")
    assert run(["plan"]) == 0


def test_policy_that_changed_since_makes_the_plan_stale(estate: Estate) -> None:
    estate.commit(SETTINGS)
    estate.plan()
    Path("pipeline.yaml").write_text(Path("pipeline.yaml").read_text().replace("Seconds: 20", "Seconds: 30"))
    estate.apply(code=4)


def test_unapproved_plan_is_refused(estate: Estate) -> None:
    estate.commit(SETTINGS)
    estate.plan()
    assert run(["apply", "../plan.json"]) == 5
    assert run(["apply", "../plan.json", "--plan-digest", "sha256:" + "0" * 64]) == 5
    assert estate.live("ConfigMap", "settings") is None


def test_held_lock_is_refused_and_can_be_released(estate: Estate, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_no_secret_value_is_ever_printed_or_kept(estate: Estate, capfd: pytest.CaptureFixture[str]) -> None:
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
