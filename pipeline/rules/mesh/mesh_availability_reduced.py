"""The control plane or a gateway of the mesh has fewer safeguards than before.

They are: more than one pod (by replicas or autoscaler), an autoscaler, a disruption budget, and pods kept apart.

## Why it matters

All traffic from outside passes a gateway, and no pod with a proxy starts without the control plane. One drained or
lost node is then an outage of everything behind it.

## What to do

Restore what is named, with the chart's values: at least two replicas, a disruption budget, and anti-affinity.
"""

from collections.abc import Iterator

from pipeline.core.analysis.side_index import sides
from pipeline.core.mesh.redundancy import Redundancy, carries_the_mesh, redundancy
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed


def check(upgrade: Upgrade) -> Iterator[Hit]:
    own = [resource for resource in upgrade.after.manifests.resources if carries_the_mesh(resource)]
    known = {resource.id: resource for resource in upgrade.before.manifests.resources} if own else {}
    for workload in own:
        if workload.id not in known:
            continue
        before, after = sides(upgrade)
        old, new = redundancy(known[workload.id], before), redundancy(workload, after)
        lost = list(_lost(old, new))
        if lost:
            yield Hit(
                place(workload),
                title=f"{workload.kind} {workload.id.name}: it loses {listed(lost)}",
                impact="One drained node may stop the mesh's control plane or all traffic through this gateway.",
                fix="Restore it with the chart's values.",
                severity=Severity.HIGH if new.least < 2 <= old.least else Severity.MEDIUM,  # noqa: PLR2004 - one pod
            )


def _lost(old: Redundancy, new: Redundancy) -> Iterator[str]:
    if new.least < old.least and new.least <= 1:
        yield f"all pods but one (of {old.least})" if new.least == 1 else f"all pods (of {old.least})"
    for had, has, what in (
        (old.has_autoscaler, new.has_autoscaler, "its autoscaler"),
        (old.has_budget, new.has_budget, "its disruption budget"),
        (old.is_spread, new.is_spread, "what keeps its pods on several nodes"),
    ):
        if had and not has:
            yield what


_GATEWAY = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: edge, namespace: shop}\n"
    "spec: {%s template: {metadata: {labels: {app: edge}}, spec: {%s containers: [{name: %s, image: auto}]}}}\n---\n"
)
_BUDGET = (
    "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: edge, namespace: shop}\n"
    "spec: {minAvailable: 1, selector: {matchLabels: {app: edge}}}\n---\n"
)
_SCALER = (
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: edge, namespace: shop}\n"
    "spec: {minReplicas: %s, maxReplicas: 5, scaleTargetRef: {kind: Deployment, name: edge}}\n---\n"
)
_TWO = _GATEWAY % ("replicas: 2,", "", "istio-proxy")
_ONE = _GATEWAY % ("replicas: 1,", "", "istio-proxy")
_SPREAD = _GATEWAY % ("replicas: 2,", "affinity: {podAntiAffinity: {a: b}},", "istio-proxy")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    shares=("replicas-changed", "placement-changed"),
    cases=(
        speaks("one pod is left", ("high", ""), before=_TWO, after=_ONE),
        speaks("the autoscaler may go down to one", ("high", ""), before=_ONE + _SCALER % 2, after=_ONE + _SCALER % 1),
        speaks("the budget is gone", ("medium", ""), before=_TWO + _BUDGET, after=_TWO),
        speaks("nothing keeps its pods apart", ("medium", ""), before=_SPREAD, after=_TWO),
        quiet("the autoscaler decides", before=_TWO + _SCALER % 2, after=_ONE + _SCALER % 2),
        quiet(
            "another program",
            before=_GATEWAY % ("replicas: 2,", "", "web"),
            after=_GATEWAY % ("replicas: 1,", "", "web"),
        ),
        quiet("it was so before", before=_ONE, after=_ONE),
    ),
)
