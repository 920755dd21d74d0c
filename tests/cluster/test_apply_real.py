"""apply against a real cluster: exactly the plan, in order, healthy at the end, pruned last, and nothing twice."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.audit_log_checker import AGENT, CANARY, AuditLogChecker
from tests.cluster.cluster import Cluster, Object, Write
from tests.cluster.cluster_repository import ClusterRepository
from tests.cluster.objects import (
    claim,
    config_map,
    crd,
    custom,
    deployment,
    job,
    role_binding,
    secret,
    service,
)

OK, STALE, REFUSED, NOT_APPLIED, UNHEALTHY, UNSAFE = 0, 4, 5, 6, 7, 9


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    return ClusterRepository(cluster, tmp_path)


def objects(site: ClusterRepository) -> list[Object]:
    space = site.namespace
    password = secret(space, stringData={"password": CANARY})
    return [config_map(space, a="1"), password, deployment(space), service(space), claim(space), role_binding(space)]


def own(writes: list[Write]) -> list[Write]:
    """Writes of objects, without the lock's and the inventory's."""
    return [w for w in writes if w.resource != "leases" and not w.name.startswith("pipeline-")]


def hooked(body: Object, event: str, **annotations: str) -> Object:
    notes = {"helm.sh/hook": event} | {
        f"helm.sh/hook-{key.replace('_', '-')}": text for key, text in annotations.items()
    }
    return body | {"metadata": body["metadata"] | {"annotations": notes}}


def test_first_apply_makes_everything_and_waits_for_its_health(site: ClusterRepository) -> None:
    site.render(*objects(site))
    plan = site.plan()
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
        assert done.code == OK, done.said
    live = site.cluster.get(deployment(site.namespace))
    assert live["status"]["availableReplicas"] == 1
    assert {write.verb for write in own(witness.writes)} == {"patch"}
    assert site.actions(site.plan()) == {}


def test_same_plan_again_writes_nothing(site: ClusterRepository) -> None:
    site.render(*objects(site))
    plan = site.plan()
    assert site.apply(plan).code == OK
    with AuditLogChecker(site) as witness:
        assert site.apply(plan).code == OK
        assert site.apply(site.plan("--full")).code == OK
    assert witness.writes == []


def test_only_what_changes_is_written(site: ClusterRepository) -> None:
    site.deploy(*objects(site))
    site.render(*[config_map(site.namespace, a="2"), *objects(site)[1:]])
    plan = site.plan()
    assert site.actions(plan) == {"ConfigMap settings": "update"}
    with AuditLogChecker(site) as witness:
        assert site.apply(plan).code == OK
    assert [write.name for write in own(witness.writes)] == ["settings"]
    sent = own(witness.writes)[0].body["metadata"]
    assert sent["uid"]
    assert sent["resourceVersion"]


def test_what_is_no_longer_rendered_goes_last_and_out_of_the_inventory(site: ClusterRepository) -> None:
    site.deploy(*objects(site))
    site.render(config_map(site.namespace, a="2"), *objects(site)[1:3])
    plan = site.plan()
    assert site.actions(plan) == {
        "ConfigMap settings": "update",
        "Service web": "delete",
        "RoleBinding viewers": "delete",
        "PersistentVolumeClaim data": "keep",
    }
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
        assert done.code == OK, done.said
    assert [write.verb for write in own(witness.writes)] == ["patch", "delete", "delete"]
    listed = site.inventory()["objects"]
    assert "Service" not in listed
    assert "PersistentVolumeClaim" in listed


def test_order_is_namespaces_definitions_roles_settings_workloads_then_custom_resources(
    site: ClusterRepository,
) -> None:
    group, other = f"{site.cluster.name('g')}.example.org", site.cluster.name("other")
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}}
    site.render(custom(other, group), deployment(other), crd(group), config_map(other), role_binding(other), space)
    with AuditLogChecker(site) as witness:
        assert site.apply(site.plan()).code == OK
    found = [write.resource for write in own(witness.writes)]
    assert found == [
        "namespaces",
        "customresourcedefinitions",
        "rolebindings",
        "configmaps",
        "deployments",
        "widgets",
    ]


def test_crashing_rollout_is_applied_and_unhealthy_and_prunes_nothing(site: ClusterRepository) -> None:
    site.deploy(*objects(site))
    bad = deployment(site.namespace, tag="crash", progressDeadlineSeconds=1)
    site.render(bad)
    plan = site.plan()
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
        witness.ran(plan, done)
    assert done.code == UNHEALTHY, done.said
    assert "CrashLoopBackOff" in done.said
    assert [write.verb for write in own(witness.writes)] == ["patch"]
    assert site.cluster.get(service(site.namespace)) is not None


def test_after_a_bad_rollout_a_good_one_can_follow(site: ClusterRepository) -> None:
    site.deploy(deployment(site.namespace, tag="crash", progressDeadlineSeconds=1), code=UNHEALTHY)
    site.deploy(deployment(site.namespace, tag="2.0", progressDeadlineSeconds=60))


def test_one_refused_object_stops_what_comes_after_it_but_not_beside_it(site: ClusterRepository) -> None:
    site.configure(healthTimeoutSeconds=20)
    space = site.namespace
    site.render(config_map(space, "good", a="1"), config_map(space, "bad", a="1"), deployment(space))
    plan = site.plan()
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few", "namespace": space}}
    held = 3  # kube-root-ca.crt, the inventory, and one of ours
    site.cluster.apply(quota | {"spec": {"hard": {"count/configmaps": str(held)}}})
    site.cluster.wait(quota, lambda live: live["status"]["hard"])
    with AuditLogChecker(site, allowed=("ResourceQuota few",)):
        done = site.apply(plan)
    assert done.code == NOT_APPLIED, done.said
    assert site.cluster.get(deployment(space)) is None
    site.cluster.delete(quota)
    again = site.apply(plan)
    assert again.code == OK, again.said
    assert site.cluster.get(config_map(space, "bad")) is not None


@pytest.mark.parametrize(
    "meddle",
    [
        lambda c, b: c.apply(b | {"data": {"a": "theirs"}}, manager="somebody", force=True),
        lambda c, b: c.delete(b),
        lambda c, b: (c.delete(b), c.create(b)),
    ],
    ids=["edited", "deleted", "made anew"],
)
def test_object_that_is_not_as_planned_on_stops_everything_before_the_first_write(
    site: ClusterRepository, meddle: Callable[[Cluster, Object], object]
) -> None:
    site.deploy(*objects(site))
    body = config_map(site.namespace, a="2")
    site.render(body, *objects(site)[1:], config_map(site.namespace, "new"))
    plan = site.plan()
    meddle(site.cluster, config_map(site.namespace, a="1"))
    with AuditLogChecker(site) as witness:
        done = site.apply(plan)
    assert done.code == STALE, done.said
    assert "settings" in done.err
    assert own(witness.writes) == []


def test_object_that_came_since_the_plan_is_not_taken(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"))
    plan = site.plan()
    site.cluster.create(config_map(site.namespace, a="theirs"))
    with AuditLogChecker(site) as witness:
        assert site.apply(plan).code == STALE
    assert own(witness.writes) == []


@pytest.mark.parametrize("what", ["plan", "manifest", "policy", "inventory"])
def test_approval_is_void_where_anything_changed(site: ClusterRepository, what: str) -> None:
    site.deploy(*objects(site))
    site.render(config_map(site.namespace, a="2"), *objects(site)[1:])
    plan = site.plan()
    arguments = site.apply_arguments(plan)
    if what == "plan":
        plan.write_text(plan.read_text().replace('"update"', '"create"'))
    elif what == "manifest":
        old = json.loads(plan.read_text())["source"]["tree"]
        site.render(config_map(site.namespace, a="3"), *objects(site)[1:])
        assert old
        plan.write_text(plan.read_text().replace(json.loads(plan.read_text())["source"]["commit"], _head(site)))
        arguments = site.apply_arguments(plan)
    elif what == "policy":
        site.configure(maxDeletions=1000)
    else:
        other = site.plan()
        assert site.apply(other).code == OK
        site.render(*objects(site))
        assert site.apply(site.plan()).code == OK
    with AuditLogChecker(site) as witness:
        done = site.run(*arguments)
    assert done.code in (STALE, REFUSED), done.said
    assert own(witness.writes) == []


def _head(site: ClusterRepository) -> str:
    return subprocess.run(
        ["git", "-C", str(site.root), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_unapproved_plan_is_not_applied(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace))
    plan = site.plan()
    site.cluster.mark()
    assert site.run("apply", str(plan)).code == REFUSED
    assert site.cluster.audit(user_agent=AGENT) == []


def test_adoption_takes_over_what_kubectl_made_with_its_leftovers(site: ClusterRepository) -> None:
    site.configure(adopt=[{"kind": "ConfigMap"}])
    old = json.dumps(config_map(site.namespace, kept="1", dropped="1"))
    site.cluster.kubectl("apply", "-f", "-", stdin=old)
    site.deploy(config_map(site.namespace, kept="2"))
    live = site.cluster.get(config_map(site.namespace))
    assert live["data"] == {"kept": "2"}
    assert {entry["manager"] for entry in live["metadata"]["managedFields"]} == {"pipeline"}
    assert "kubectl.kubernetes.io/last-applied-configuration" not in live["metadata"].get("annotations", {})
    assert site.actions(site.plan()) == {}


def test_recreate_deletes_that_very_object_and_makes_it_anew(site: ClusterRepository) -> None:
    site.deploy(role_binding(site.namespace))
    before = site.cluster.get(role_binding(site.namespace))["metadata"]["uid"]
    site.configure(recreate=[{"kind": "RoleBinding", "name": "viewers"}])
    with AuditLogChecker(site) as witness:
        site.deploy(role_binding(site.namespace, role="edit"))
    live = site.cluster.get(role_binding(site.namespace))
    assert live["roleRef"]["name"] == "edit"
    assert live["metadata"]["uid"] != before
    assert [write.verb for write in own(witness.writes)] == ["delete", "patch"]


def test_object_that_bears_our_label_and_is_not_in_the_inventory_is_never_deleted(site: ClusterRepository) -> None:
    site.deploy(config_map(site.namespace, a="1"), config_map(site.namespace, "other", a="1"))
    label = site.cluster.get(config_map(site.namespace))["metadata"]["labels"]
    copy = config_map(site.namespace, "copy", a="1")
    copy["metadata"]["labels"] = label
    site.cluster.create(copy)
    with AuditLogChecker(site):
        site.deploy(config_map(site.namespace, a="1"))
    assert site.cluster.get(config_map(site.namespace, "other")) is None
    assert site.cluster.get(copy) is not None


def test_nothing_rendered_any_more_is_refused(site: ClusterRepository) -> None:
    site.deploy(config_map(site.namespace, a="1"))
    site.render()
    done = site.run("plan", "-e", "prod")
    assert done.code in (STALE, UNSAFE), done.said
    assert site.cluster.get(config_map(site.namespace)) is not None


def test_too_many_deletions_are_refused_until_the_policy_says_so(site: ClusterRepository) -> None:
    many = [config_map(site.namespace, f"c-{number}") for number in range(15)]
    site.deploy(*many)
    site.render(*many[:3])
    site.plan(code=UNSAFE)
    site.configure(maxDeletions=12)
    with AuditLogChecker(site) as witness:
        assert site.apply(site.plan()).code == OK
    assert sum(write.verb == "delete" for write in witness.writes) == 12


def test_hooks_run_before_and_after_once_for_each_change(site: ClusterRepository) -> None:
    space = site.namespace
    before = hooked(job(space, name="before"), "pre-install,pre-upgrade")
    after = hooked(job(space, name="after"), "post-install,post-upgrade", delete_policy="hook-succeeded")
    with AuditLogChecker(site) as witness:
        site.deploy(before, after, config_map(space, a="1"))
    names = [write.name for write in own(witness.writes) if write.verb == "patch"]
    assert names == ["before", "settings", "after"]
    assert site.cluster.get(before) is not None
    assert site.cluster.get(after) is None
    assert site.actions(site.plan()).keys() <= {"Job before", "Job after"}
    with AuditLogChecker(site) as witness:
        site.deploy(before, after, config_map(space, a="2"))
    assert [(write.verb, write.name) for write in own(witness.writes)] == [
        ("delete", "before"),
        ("patch", "before"),
        ("patch", "settings"),
        ("patch", "after"),
        ("delete", "after"),
    ]


def test_failing_pre_hook_stops_everything_after_it(site: ClusterRepository) -> None:
    space = site.namespace
    site.render(hooked(job(space, tag="crash"), "pre-install"), config_map(space, a="1"))
    done = site.apply(site.plan())
    assert done.code == NOT_APPLIED, done.said
    assert site.cluster.get(config_map(space)) is None


def test_policy_leaves_replicas_to_the_autoscaler(site: ClusterRepository) -> None:
    site.configure(conflicts=[{"manager": "scaler", "field": "spec.replicas", "action": "leave"}])
    site.deploy(deployment(site.namespace))
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": site.namespace}}
    site.cluster.apply(scaled | {"spec": {"replicas": 3}}, manager="scaler", force=True)
    site.deploy(deployment(site.namespace, tag="2.0"))
    live: Any = site.cluster.get(deployment(site.namespace))
    assert live["spec"]["replicas"] == 3
    assert live["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":2.0")


def leaves(body: Object, above: str = "") -> set[str]:
    """Paths of plain values and lists: ``spec.replicas``. An empty map has none."""
    found: set[str] = set()
    for key, value in body.items():
        found |= leaves(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}"}
    return found


def owned(fields: Object, above: str = "") -> set[str]:
    """The same from FieldsV1, down to the first list."""
    found: set[str] = set()
    for step, below in fields.items():
        inside = {key: value for key, value in below.items() if key.startswith("f:")}
        if step.startswith("f:"):
            found |= owned(inside, f"{above}{step[2:]}.") if inside else {f"{above}{step[2:]}"}
    return found


def test_manager_owns_exactly_what_the_manifest_says(site: ClusterRepository) -> None:
    made = [*objects(site), job(site.namespace)]
    site.deploy(*made)
    for body in made:
        live = site.cluster.get(body)
        entries = [e for e in live["metadata"]["managedFields"] if e["manager"] == "pipeline"]
        assert [(entry["operation"], entry.get("subresource", "")) for entry in entries] == [("Apply", "")]
        says = leaves({key: value for key, value in body.items() if key not in ("apiVersion", "kind", "metadata")})
        says = {path.replace("stringData.", "data.") for path in says}
        says |= {"metadata.labels.applyset.kubernetes.io/part-of"}
        found = owned(entries[0]["fieldsV1"])  # a selector is owned as a whole: its map is atomic
        assert all(any(path == one or path.startswith(f"{one}.") for one in found) for path in says)
        assert all(any(path == one or path.startswith(f"{one}.") for path in says) for one in found)


def test_kubectl_knows_the_applyset_and_keeps_its_hands_off(
    site: ClusterRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECTL_APPLYSET", "true")
    site.deploy(config_map(site.namespace, a="1"))
    said = site.cluster.kubectl(
        "apply",
        "-n",
        site.namespace,
        "--prune",
        "--applyset=configmap/pipeline-prod",
        "-f",
        "-",
        stdin=json.dumps(config_map(site.namespace, a="2")),
        check=False,
    )
    assert "pipeline" in said
    assert site.cluster.get(config_map(site.namespace))["data"] == {"a": "1"}
