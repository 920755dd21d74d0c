"""A workload has an autoscaler, and its manifest states a number of replicas.

## Why it matters

Each apply sets the number of the manifest again, whatever the autoscaler decided. Under load pods are stopped at every
deployment, and made again a minute later.

## What to do

Leave ``replicas`` out of the manifest of a workload that is scaled.
"""

from collections.abc import Iterator

from pipeline.core.analysis.selection import home
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SCALERS = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})
"""ScaledObject is KEDA's: it makes an autoscaler of its own, for a Deployment where it names no kind."""


def check(upgrade: Upgrade) -> Iterator[Hit]:
    before = {(scaler.id, workload.id) for scaler, workload in _pairs(upgrade.before.manifests, upgrade)}
    for scaler, workload in _pairs(upgrade.after.manifests, upgrade):
        if (scaler.id, workload.id) not in before:
            replicas = mapping(workload.body.get("spec")).get("replicas")
            yield Hit(
                place(workload, ("spec", "replicas")),
                title=f"{workload.kind} {workload.id.name}: states {replicas} replicas, and "
                f"{scaler.kind} {scaler.id.name} scales it",
                impact="Each apply sets the number of the manifest again, whatever the autoscaler decided.",
                fix=f"{workload.kind} {workload.id.name}: leave replicas out, with a value or an overlay.",
                also=(place(scaler, ("spec", "scaleTargetRef")),),
                claims=(Claim(workload.id, ("not explained by its autoscaler",)),),
            )


def _pairs(manifests: ManifestSet, upgrade: Upgrade) -> Iterator[tuple[Resource, Resource]]:
    """Each autoscaler with the workload that it scales, where that states its replicas."""
    scaled: dict[tuple[str, str, str], Resource] = {}
    for resource in manifests.resources:
        if mapping(resource.body.get("spec")).get("replicas") is not None:
            scaled[_named(resource.id, home(resource, upgrade))] = resource
    for scaler in manifests.resources:
        if scaler.kind in _SCALERS:
            target = mapping(mapping(scaler.body.get("spec")).get("scaleTargetRef"))
            wanted = (str(target.get("kind") or "Deployment"), home(scaler, upgrade), str(target.get("name")))
            if wanted in scaled:
                yield scaler, scaled[wanted]


def _named(rid: ResourceId, namespace: str) -> tuple[str, str, str]:
    return rid.kind, namespace, rid.name


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {%s}\n"
_SCALER = "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\n"
_SCALER += "spec: {minReplicas: 5, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %s}}\n"
_KEDA = "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\n"
_KEDA += "spec: {scaleTargetRef: {name: web}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks(
            "an autoscaler is added",
            ("medium", "spec.replicas"),
            before=_WEB % "replicas: 3",
            after=_WEB % "replicas: 3" + _SCALER % "web",
        ),
        speaks(
            "KEDA scales it",
            ("medium", "spec.replicas"),
            before=_WEB % "replicas: 3",
            after=_WEB % "replicas: 3" + _KEDA,
        ),
        speaks(
            "a number is added",
            ("medium", "spec.replicas"),
            before=_WEB % "" + _SCALER % "web",
            after=_WEB % "replicas: 3" + _SCALER % "web",
        ),
        quiet("no number", before=_WEB % "", after=_WEB % "" + _SCALER % "web"),
        quiet("another workload", before=_WEB % "replicas: 3", after=_WEB % "replicas: 3" + _SCALER % "api"),
        quiet(
            "it was like that before",
            before=_WEB % "replicas: 3" + _SCALER % "web",
            after=_WEB % "replicas: 4" + _SCALER % "web",
        ),
    ),
)
