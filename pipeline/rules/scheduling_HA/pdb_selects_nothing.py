"""A disruption budget no longer selects any of the rendered pods.

## Why it matters

It protects nothing: a node drain may stop all pods of the workload at once.

## What to do

Make its selector match the labels of the pod template again.
"""

from collections.abc import Iterator

from pipeline.core.analysis.known_objects import known_objects
from pipeline.core.analysis.selection import Pods, pods_around, selects
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    olds = upgrade.before.manifests.by_id()
    before, after = pods_around(upgrade)
    for budget in known_objects(upgrade).after.of_kinds("PodDisruptionBudget"):
        if _selected(olds.get(budget.id, budget), before) and not _selected(budget, after):
            yield Hit(
                place(budget, ("spec", "selector")),
                title=f"PodDisruptionBudget {budget.id.name} no longer selects any of the rendered pods",
                impact="It protects nothing: a node drain may stop all pods of the workload at once.",
                fix="Make its selector match the labels of the pod template again, or delete it too.",
            )


def _selected(budget: Resource, candidates: list[Pods]) -> bool:
    selector = mapping(mapping(budget.body.get("spec")).get("selector"))
    return any(
        candidate.namespace == budget.id.namespace and selects(selector, candidate.labels) for candidate in candidates
    )


_BOTH = (
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n"
    "spec: {selector: {matchLabels: {app: %s}}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: {labels: {app: %s}}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    compares=True,
    cases=(
        speaks(
            "the pods have other labels",
            ("medium", "spec.selector"),
            before=_BOTH % ("x", "x"),
            after=_BOTH % ("x", "y"),
        ),
        quiet("both change", before=_BOTH % ("x", "x"), after=_BOTH % ("y", "y")),
        quiet("it selected nothing before", before=_BOTH % ("x", "z"), after=_BOTH % ("x", "y")),
    ),
)
