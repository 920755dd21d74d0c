"""Sentences that were once false, each at the change that brought it out: what is said now, and what no longer is."""

import pytest

from pipeline import rules
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Finding
from pipeline.core.risk.upgrade import Side, Upgrade

RULES = rules.load()
WORKLOAD = (
    "apiVersion: apps/v1\nkind: %s\nmetadata: {name: agent}\nspec:\n  selector: {matchLabels: {app: %s}}\n"
    "  template:\n    metadata: {labels: {app: %s}}\n    spec: {containers: [{name: a, image: '%s'%s}]}\n"
)
HOOKS = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: guard}\n"
    "webhooks:\n- name: %s\n  clientConfig: {service: {name: guard, namespace: shop}}\n  sideEffects: None\n"
    "  admissionReviewVersions: [v1]\n"
    "  rules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]\n"
)


def workload(kind: str = "Deployment", app: str = "old", image: str = "x.io/agent:1.0.0", more: str = "") -> str:
    return WORKLOAD % (kind, app, app, image, more)


def manifests(text: str) -> ManifestSet:
    return parse(text, namespace="shop", release="web")


def said(rule: str, before: str, after: str) -> Finding:
    sides = Side(manifests(before)), Side(manifests(after))
    upgrade = Upgrade("web", "shop", *sides, compare(sides[0].manifests, sides[1].manifests))
    (finding,) = [one for one in judge(upgrade, RULES).findings if one.rule == rule]
    return finding


@pytest.mark.parametrize(
    ("kind", "more", "orphans"),
    [
        ("Deployment", "", True),
        ("Deployment", ", ports: [{containerPort: 80}]", True),
        ("Deployment", ", ports: [{containerPort: 80, hostPort: 80}]", False),
        ("DaemonSet", "", False),
        ("DaemonSet", ", ports: [{containerPort: 80, hostPort: 80}]", False),
        ("StatefulSet", "", False),
    ],
)
def test_pods_are_kept_only_where_the_new_ones_can_run_beside_them(kind: str, more: str, *, orphans: bool) -> None:
    """Kept pods hold the node's ports, names and volumes that the new ones need."""
    finding = said("immutable-workload-selector", workload(kind, more=more), workload(kind, "new", more=more))
    assert any("--cascade=orphan" in command for command in finding.commands) is orphans
    assert all(" delete " in command for command in finding.commands)


@pytest.mark.parametrize(
    ("old", "new", "back"),
    [
        ("x.io/agent:1.0.0", "x.io/agent:0.9.0", True),
        ("x.io/agent:1.0.0", "x.io/agent:1.0.0-rc.1", True),
        ("x.io/agent:1.0.0-rc10", "x.io/agent:1.0.0-rc9", True),
        ("x.io/agent:1.0.0-rc.1", "x.io/agent:1.0.0", False),
        ("x.io/agent:1.0.0", "x.io/agent:1.0.0-alpine", False),
        ("x.io/agent:1.0.0", "x.io/agent:1.0.0-dev", False),
        ("x.io/agent:1.0.0", "y.io/other:0.9.0", False),
        ("x.io/agent:1.0.0", "x.io/other:0.9.0", False),
        ("x.io/agent:1.0.0", "x.io/other:2.0.0", False),
    ],
)
def test_a_version_moves_back_within_one_repository_only(old: str, new: str, *, back: bool) -> None:
    finding = said("image-changed", workload(image=old), workload(image=new))
    assert ("moves back" in finding.impact) is back


@pytest.mark.parametrize("name", ["check.shop.io", "guard2.example.org", "a.b.c"])
def test_a_webhook_with_another_name_still_does_its_work(name: str) -> None:
    finding = said("webhook-removed", HOOKS % "guard.example.org", HOOKS % name)
    assert "renamed" in finding.title
    assert "no longer done" not in finding.impact


def test_a_webhook_that_goes_no_longer_does_its_work() -> None:
    finding = said("webhook-removed", HOOKS % "guard.example.org", HOOKS.partition("webhooks:")[0])
    assert "renamed" not in finding.title
    assert "no longer done" in finding.impact
