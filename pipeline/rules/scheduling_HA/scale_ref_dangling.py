"""An autoscaler refers to a workload that the upgrade removes or renames, or from now on to one that nobody renders.

HorizontalPodAutoscaler, VerticalPodAutoscaler and KEDA's ScaledObject.

## Why it matters

It no longer does anything: the workload keeps its size, whatever the load.

## What to do

Update its target to the workload's new name.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.dangling import dangling, newly_missing
from pipeline.core.analysis.references import Reference
from pipeline.core.analysis.selection import home
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_FIELD = {
    "HorizontalPodAutoscaler": "scaleTargetRef",
    "VerticalPodAutoscaler": "targetRef",
    "ScaledObject": "scaleTargetRef",
}


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for scaler, reference in dangling(upgrade, frozenset(_FIELD), partial(_target, upgrade)):
        target = reference.id
        yield Hit(
            place(scaler, reference.path),
            title=f"{scaler.kind} {scaler.id.name} scales {target.kind} {target.name}, which is no longer rendered",
            impact="It no longer does anything: the workload keeps its size.",
            fix="Update its target to the workload's new name, or delete it too.",
        )
    for scaler, reference in newly_missing(upgrade, frozenset(_FIELD), partial(_target, upgrade)):
        if not upgrade.before.manifests.resources:
            continue
        target = reference.id
        yield Hit(
            place(scaler, reference.path),
            title=f"{scaler.kind} {scaler.id.name} scales {target.kind} {target.name}, which is not rendered",
            impact="It does nothing unless something else creates the workload.",
            fix="Correct its target, or create the workload.",
            severity=Severity.MEDIUM,
            confidence=Confidence.LIKELY,
        )


def _target(upgrade: Upgrade, scaler: Resource) -> Iterator[Reference]:
    path = ("spec", _FIELD[scaler.kind])
    ref = mapping(mapping(scaler.body.get("spec")).get(path[1]))
    head = {"apiVersion": ref.get("apiVersion") or "apps/v1", "kind": ref.get("kind") or "Deployment"}
    meta = {"name": ref.get("name"), "namespace": home(scaler, upgrade)}
    yield Reference(Resource.of({**head, "metadata": meta}).id, path)


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\n---\n"
_SCALER = (
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"
    "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    shares=("autoscaling-changed",),
    cases=(
        speaks(
            "the workload has another name",
            ("high", "spec.scaleTargetRef"),
            before=_WEB % "web" + _SCALER,
            after=_WEB % "shop-web" + _SCALER,
        ),
        speaks(
            "it names another workload",
            ("medium", "spec.scaleTargetRef"),
            before=_WEB % "web" + _SCALER,
            after=_WEB % "web" + _SCALER.replace("name: web", "name: api"),
        ),
        quiet("the workload was never rendered", before=_SCALER, after=_SCALER),
        quiet("both are removed", before=_WEB % "web" + _SCALER),
    ),
)
