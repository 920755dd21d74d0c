"""plan against a real cluster: what it says is so, what stands against it is named, and it writes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.audit_log_checker import CANARY
from tests.cluster.cluster import Cluster, Object
from tests.cluster.cluster_repository import ENVIRONMENT, ClusterRepository, Done
from tests.cluster.fault_proxy import FaultProxy
from tests.cluster.faults import cut, lost_answer, lost_request, throttled, unavailable
from tests.cluster.objects import (
    config_map,
    crd,
    custom,
    deployment,
    role_binding,
    secret,
    service,
)
from tests.cluster.webhook import Webhook

UNSAFE, STALE, FAILED = 9, 4, 1


@pytest.fixture
def site(cluster: Cluster, tmp_path: Path) -> ClusterRepository:
    return ClusterRepository(cluster, tmp_path)


def problems(plan: Path) -> list[tuple[str, str]]:
    return [(one["code"], one["what"].rpartition(" ")[2].rpartition("/")[2]) for one in _read(plan)["problems"]]


def action(plan: Path, name: str) -> Any:
    return next(one for one in _read(plan)["actions"] if one["name"] == name)


def _read(plan: Path) -> Any:
    return json.loads(plan.read_text())


def test_first_plan_creates_everything_and_writes_nothing(site: ClusterRepository) -> None:
    site.render(deployment(site.namespace), service(site.namespace), config_map(site.namespace))
    site.cluster.mark()
    assert site.actions(site.plan()) == {
        "ConfigMap settings": "create",
        "Service web": "create",
        "Deployment web": "create",
    }
    assert site.cluster.audit() == []


def test_two_plans_of_the_same_are_the_same_but_for_their_times(site: ClusterRepository) -> None:
    site.render(deployment(site.namespace), service(site.namespace))
    first, second = (_read(plan) for plan in (site.plan(), site.plan()))
    assert first | {"created": "", "expires": ""} == second | {"created": "", "expires": ""}


def test_namespace_and_definition_come_before_what_needs_them_which_is_not_asked_about(site: ClusterRepository) -> None:
    group, other = f"{site.cluster.name('g')}.example.org", site.cluster.name("other")
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}}
    site.render(custom(other, group), config_map(other, "there"), crd(group), space)
    plan = site.plan()
    kinds = [one["kind"] for one in _read(plan)["actions"]]
    assert kinds == ["Namespace", "CustomResourceDefinition", "ConfigMap", "Widget"]
    assert action(plan, "one")["predicted"] == "offline"
    assert action(plan, "there")["predicted"] == "offline"


def foreign(namespace: str, **metadata: Any) -> Object:
    body = config_map(namespace, a="1")
    return body | {"metadata": body["metadata"] | metadata}


@pytest.mark.parametrize(
    "mark",
    [
        {"annotations": {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:shop/settings"}},
        {"labels": {"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux"}},
        {"labels": {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "flux"}},
        {"labels": {"kapp.k14s.io/app": "1700000000000000000"}},
        {"annotations": {"config.k8s.io/owning-inventory": "somebody"}},
        {"labels": {"applyset.kubernetes.io/part-of": "applyset-somebody-v1"}},
    ],
    ids=["argo", "flux", "flux helm", "kapp", "cli-utils", "applyset"],
)
def test_object_of_another_tool_is_refused_whatever_the_policy(site: ClusterRepository, mark: Object) -> None:
    site.configure(adopt=[{"kind": "*"}])
    site.cluster.create(foreign(site.namespace, **mark))
    site.render(config_map(site.namespace, a="2"))
    assert problems(site.plan(code=UNSAFE)) == [("foreign", "settings")]


def test_object_of_nobody_is_taken_only_where_the_policy_says_so(site: ClusterRepository) -> None:
    site.cluster.create(foreign(site.namespace), fieldManager="kubectl-client-side-apply")
    site.render(config_map(site.namespace, a="2"))
    assert problems(site.plan(code=UNSAFE)) == [("adoption", "settings")]
    site.configure(adopt=[{"kind": "ConfigMap", "name": "settings"}])
    plan = site.plan()
    assert site.actions(plan) == {"ConfigMap settings": "adopt"}
    assert [(one["path"], one["kind"]) for one in action(plan, "settings")["fields"]][:1] == [("data.a", "change")]


def test_field_of_another_manager_is_a_problem_that_names_both(site: ClusterRepository) -> None:
    site.configure(adopt=[{"kind": "ConfigMap"}])
    site.cluster.apply(config_map(site.namespace, a="1"), manager="somebody")
    site.render(config_map(site.namespace, a="2"))
    plan = site.plan(code=UNSAFE)
    assert problems(plan) == [("conflict", "settings")]
    text = json.dumps(_read(plan)["problems"])
    assert "data.a" in text
    assert "somebody" in text


@pytest.mark.parametrize(("rule", "force"), [("take", True), ("leave", False)])
def test_policy_takes_a_field_or_leaves_it(site: ClusterRepository, rule: str, force: bool) -> None:  # noqa: FBT001
    site.configure(adopt=[{"kind": "ConfigMap"}], conflicts=[{"manager": "some.*", "action": rule}])
    site.cluster.apply(config_map(site.namespace, a="1"), manager="somebody")
    site.render(config_map(site.namespace, a="2", b="1"))
    found = action(site.plan(), "settings")
    assert (found["force"], bool(found["leave"])) == (force, not force)


def test_immutable_field_is_a_problem_and_a_recreate_where_asked(site: ClusterRepository) -> None:
    policy = {"adopt": [{"kind": "*"}], "conflicts": [{"manager": "test", "action": "take"}]}
    site.configure(**policy)
    site.cluster.apply(role_binding(site.namespace))
    site.render(role_binding(site.namespace, role="edit"))
    assert ("immutable", "viewers") in problems(site.plan(code=UNSAFE))
    site.configure(**policy, recreate=[{"kind": "RoleBinding", "name": "viewers"}])
    assert site.actions(site.plan()) == {"RoleBinding viewers": "recreate"}


@pytest.mark.parametrize(
    "break_it",
    [
        lambda body: body["spec"].update(replicas=-1),
        lambda body: body["spec"].update(replicsa=1),
        lambda body: body["spec"].update(replicas="two"),
        lambda body: body["spec"]["template"]["spec"]["containers"][0].update(
            env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
        ),
    ],
    ids=["invalid", "typo", "type", "twice"],
)
def test_mistake_is_a_problem_with_its_file(site: ClusterRepository, break_it: Callable[[Object], None]) -> None:
    body = deployment(site.namespace)
    break_it(body)
    site.render(body)
    plan = site.plan(code=UNSAFE)
    assert problems(plan) == [("refused", "web")]
    assert "deployment.apps-web.yaml" in json.dumps(_read(plan)["problems"])


def test_object_without_a_name_of_its_own_is_a_problem(site: ClusterRepository) -> None:
    body = deployment(site.namespace)
    body["metadata"] = {**body["metadata"], "generateName": "web-"}
    del body["metadata"]["name"]
    site.render(body)
    (problem,) = _read(site.plan(code=UNSAFE))["problems"]
    assert problem["code"] == "unnamed"
    assert "has generateName and no name" in problem["message"]


def test_kind_that_nobody_serves_is_a_problem(site: ClusterRepository) -> None:
    site.render(custom(site.namespace, "nobody.example.org"))
    assert problems(site.plan(code=UNSAFE)) == [("unknown-kind", "one")]


def test_namespace_that_does_not_suit_its_kind_is_a_problem(site: ClusterRepository) -> None:
    """No rendered definition says whether it has one; the cluster does."""
    group = f"{site.namespace}.example.org"
    site.cluster.create(crd(group))
    body = custom(site.namespace, group)
    del body["metadata"]["namespace"]
    site.cluster.until(lambda: site.cluster.raw("GET", f"/apis/{body['apiVersion']}/widgets")[0] == 200)
    site.render(body)
    plan = site.plan(code=UNSAFE)
    assert problems(plan) == [("scope", "one")]
    assert "without a namespace" in json.dumps(_read(plan)["problems"])


def test_secret_is_told_nowhere_not_even_by_the_servers_refusal(site: ClusterRepository) -> None:
    good = secret(site.namespace, "good", stringData={"password": CANARY})
    bad = secret(site.namespace, "bad", stringData={"password": {"nested": CANARY}})
    site.render(good, bad)
    done = site.run("plan", "-e", ENVIRONMENT, "--out", str(site.root.parent / "plan-secret.json"))
    assert done.code == UNSAFE
    assert CANARY not in done.said
    assert CANARY not in (site.root.parent / "plan-secret.json").read_text()


def test_object_on_its_way_out_is_a_problem(site: ClusterRepository) -> None:
    body = foreign(site.namespace, finalizers=["example.org/held"])
    site.cluster.create(body)
    site.cluster.delete(body)
    site.render(config_map(site.namespace, a="1"))
    assert problems(site.plan(code=UNSAFE)) == [("terminating", "settings")]
    site.cluster.apply(foreign(site.namespace, finalizers=[]), force=True)


def test_missing_permissions_are_problems_and_not_a_crash(site: ClusterRepository) -> None:
    site.user = "stranger"
    site.render(config_map(site.namespace))
    done = site.run("plan", "-e", ENVIRONMENT)
    assert done.code in (FAILED, UNSAFE)
    assert "pipeline rbac" in done.said


def test_other_cluster_than_named_is_refused(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace))
    text = (site.root / "pipeline.yaml").read_text()
    other = text.replace('"context": "test"', '"context": "test", "uid": "00000000-0000-4000-8000-000000000000"')
    (site.root / "pipeline.yaml").write_text(other)
    done = site.run("plan", "-e", ENVIRONMENT)
    assert done.code == STALE
    assert "another" in done.err or "is the cluster" in done.err


def test_tree_that_is_not_committed_is_refused(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace))
    file = next(site.root.rglob("configmap-settings.yaml"))
    file.write_text(file.read_text() + "# mine\n")
    done = site.run("plan", "-e", ENVIRONMENT)
    assert done.code == STALE
    assert "configmap-settings.yaml" in done.err


def test_webhooks_refusal_and_warning_are_in_the_plan(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace))
    with Webhook(site.cluster, ["configmaps"], site.namespace) as webhook:
        webhook.warnings = ["this is old"]
        assert action(site.plan(), "settings")["warnings"] == ["this is old"]
        webhook.deny = "not on Fridays"
        plan = site.plan(code=UNSAFE)
    assert "not on Fridays" in json.dumps(_read(plan)["problems"])


def test_what_a_webhook_changes_is_no_change_the_second_time(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"))
    with Webhook(site.cluster, ["configmaps"], site.namespace) as webhook:
        webhook.patch = [{"op": "add", "path": "/data/injected", "value": "1"}]
        plan = site.plan()
    assert site.actions(plan) == {"ConfigMap settings": "create"}


def test_flaky_network_changes_nothing_in_a_plan(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace, a="1"), deployment(site.namespace))
    calm = _read(site.plan())
    with FaultProxy(site.cluster.url, site.cluster.ca) as proxy:
        proxy.plan(
            lost_request("GET", "/apis"),
            throttled("PATCH", "dryRun", retry_after="0"),
            unavailable("GET", "/namespaces"),
            lost_answer("PATCH", "dryRun", nth=2),
            cut("GET", "/configmaps"),
        )
        site.url = proxy.url
        rough = _read(site.plan())
        assert len([request for request in proxy.requests if request.status in (0, 429, 503)]) == 4
    assert calm | {"created": "", "expires": ""} == rough | {"created": "", "expires": ""}


def test_cluster_that_does_not_answer_is_one_clear_error(site: ClusterRepository) -> None:
    site.render(config_map(site.namespace))
    site.url = "http://127.0.0.1:9"
    done: Done = site.run("plan", "-e", ENVIRONMENT)
    assert done.code == FAILED
    assert "does not answer" in done.err


def test_a_secret_value_that_goes_is_told_nowhere_else_either(site: ClusterRepository) -> None:
    """What lives is known before anything is said of it: the old value in a copy is that of the live Secret."""

    def objects(value: str) -> tuple[Object, ...]:
        copy = config_map(site.namespace, "a-copy", dsn=f"postgres://u:{value}@db/x")
        return copy, secret(site.namespace, stringData={"password": value})

    site.render(*objects(CANARY))
    assert site.apply(site.plan()).code == 0
    site.render(*objects("another-value-1984"))
    plan = site.plan()
    text = plan.read_text()
    assert "a-copy" in text
    assert CANARY not in text
    assert "another-value-1984" not in text
    drift = site.run("drift", "--environment", ENVIRONMENT)
    assert CANARY not in drift.said
    patch = json.dumps({"data": {"dsn": f"postgres://evil:{CANARY}@db/x"}})
    site.cluster.kubectl("-n", site.namespace, "patch", "configmap", "a-copy", "--type=merge", "-p", patch)
    drift = site.run("drift", "--environment", ENVIRONMENT)
    assert "a-copy" in drift.said
    assert CANARY not in drift.said
