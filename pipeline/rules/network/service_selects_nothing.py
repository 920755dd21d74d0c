"""A Service no longer selects any of the rendered pods.

## Why it matters

It has no endpoints: clients cannot connect.

## What to do

Make its selector match the labels of the pod template again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.selection import Pods, pods_around, selects
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before, after = pods_around(upgrade)
    olds = upgrade.before.manifests.by_id()
    for service in upgrade.after.manifests.of_kind("Service", ""):
        old = olds.get(service.id)
        if old is not None and _selected(old, before) and not _selected(service, after) and _selector(service):
            yield Hit(
                place(service, ("spec", "selector")),
                title=f"Service {service.id.name} no longer selects any of the rendered pods",
                impact="It has no endpoints, unless such pods exist elsewhere.",
                fix="Make its selector match the labels of the pod template again.",
            )


def _selector(service: Resource) -> Mapping[str, Any]:
    return mapping(mapping(service.body.get("spec")).get("selector"))


def _selected(service: Resource, candidates: list[Pods]) -> bool:
    wanted = {"matchLabels": _selector(service)}
    return any(
        candidate.namespace == service.id.namespace and selects(wanted, candidate.labels) for candidate in candidates
    )


_BOTH = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {app: %s}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: {labels: {app: %s}}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    compares=True,
    cases=(
        speaks(
            "the pods have other labels", ("high", "spec.selector"), before=_BOTH % ("x", "x"), after=_BOTH % ("x", "y")
        ),
        quiet("both change", before=_BOTH % ("x", "x"), after=_BOTH % ("y", "y")),
        quiet("it selected nothing before", before=_BOTH % ("x", "z"), after=_BOTH % ("x", "y")),
    ),
)
