"""A disruption budget allows no pod to be stopped: node drains wait for ever.

## Why it matters

With as many pods required as there are, or none allowed to be unavailable, no eviction is ever permitted. Draining a
node, and with it every upgrade of the nodes, stands still until somebody deletes the pod or the budget.

## What to do

Run more replicas than the budget requires, or let one pod be unavailable.
"""

from collections.abc import Iterator
from math import ceil
from typing import Any

from pipeline.core.analysis.selection import around, home, selects
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import template_path
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_COUNTED = frozenset({"Deployment", "StatefulSet", "ReplicaSet"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    budgets = list(upgrade.after.manifests.of_kind("PodDisruptionBudget"))
    old, new = around(upgrade) if budgets else ([], [])
    # Another release may have had it.
    earlier = {budget.id: budget for budget in old if budget.kind == "PodDisruptionBudget"}
    renamed = (change for change in upgrade.diff.changes if change.before and change.after)
    earlier |= {change.id: change.before for change in renamed if change.before}
    for budget in budgets:
        blocked, before = _blocked(budget, new, upgrade), earlier.get(budget.id)
        if blocked and (before is None or not _blocked(before, old, upgrade)):
            yield _hit(budget, before, blocked)


def _hit(budget: Resource, before: Resource | None, blocked: Resource) -> Hit:
    key = next(iter({"maxUnavailable", "minAvailable"} & mapping(budget.body.get("spec")).keys()))
    changed = before is None or before.body != budget.body
    claimed: Path = () if before is None else ("spec",) if changed else ("not explained by its workload",)
    return Hit(
        place(budget, ("spec", key)),
        title=f"PodDisruptionBudget {budget.id.name}: no pod of {blocked.kind} {blocked.id.name} may be stopped",
        impact="Every node drain waits until somebody deletes the pod or the budget.",
        fix=f"PodDisruptionBudget {budget.id.name}: allow one pod to be unavailable, or run more replicas.",
        claims=(Claim(budget.id, claimed),),
    )


def _blocked(budget: Resource, resources: list[Resource], upgrade: Upgrade) -> Resource | None:
    """The first workload of which the budget lets no pod go; workloads without pods are not looked at."""
    spec = mapping(budget.body.get("spec"))
    for resource in resources:
        replicas = _replicas(resource)
        labels = mapping(mapping(_template(resource).get("metadata")).get("labels"))
        near = replicas and labels and home(resource, upgrade) == home(budget, upgrade)
        if near and selects(mapping(spec.get("selector")), labels) and not _allowed(spec, replicas):
            return resource
    return None


def _template(resource: Resource) -> Any:
    return mapping(mapping(resource.body.get("spec")).get("template")) if template_path(resource) else {}


def _replicas(resource: Resource) -> int:
    """0 where the number is not the manifest's to say."""
    if resource.kind not in _COUNTED:
        return 0
    replicas = mapping(resource.body.get("spec")).get("replicas", 1)
    return replicas if type(replicas) is int else 0


def _allowed(spec: Any, replicas: int) -> int:
    """How many pods may be stopped while all of them are healthy: shares are rounded up (policy/v1)."""
    if "maxUnavailable" in spec:
        return _number(spec["maxUnavailable"], replicas)
    if "minAvailable" in spec:
        return max(replicas - _number(spec["minAvailable"], replicas), 0)
    return replicas


def _number(value: Any, replicas: int) -> int:
    """What cannot be read blocks nothing."""
    if type(value) is int:
        return value
    share = str(value).removesuffix("%")
    return ceil(int(share) * replicas / 100) if str(value).endswith("%") and share.isdigit() else 1


_PDB = (
    "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n"
    "spec: {selector: {matchLabels: {a: b}}, %s}\n"
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {replicas: %d, template: {metadata: {labels: {a: b}}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("pdb-changed",),
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks(
            "fewer pods, and as many are required",
            ("medium", "spec.minAvailable"),
            before=_WEB % 3 + _PDB % "minAvailable: 1",
            after=_WEB % 1 + _PDB % "minAvailable: 1",
        ),
        speaks(
            "one pod, and one is required",
            ("medium", "spec.minAvailable"),
            before=_WEB % 1,
            after=_WEB % 1 + _PDB % "minAvailable: 1",
        ),
        speaks(
            "maxUnavailable becomes zero",
            ("medium", "spec.maxUnavailable"),
            before=_WEB % 3 + _PDB % "maxUnavailable: 1",
            after=_WEB % 3 + _PDB % "maxUnavailable: 0",
        ),
        speaks(
            "all of them required",
            ("medium", "spec.minAvailable"),
            before=_WEB % 3,
            after=_WEB % 3 + _PDB % "minAvailable: 100%",
        ),
        quiet("one pod may be unavailable", before=_WEB % 2, after=_WEB % 2 + _PDB % "minAvailable: 1"),
        quiet("a percentage of three pods is one pod", before=_WEB % 3, after=_WEB % 3 + _PDB % "maxUnavailable: 1%"),
        quiet("no pods at all", before=_WEB % 0, after=_WEB % 0 + _PDB % "minAvailable: 1"),
        quiet(
            "it was like that before",
            before=_WEB % 1 + _PDB % "minAvailable: 1",
            after=_WEB % 1 + _PDB % "minAvailable: 100%",
        ),
    ),
)
