"""The upgrade adds a label or annotation that newer Kubernetes versions ignore, or that a field has replaced.

## Why it matters

It is silently ignored: a pod that selects nodes by it is not scheduled, a profile is not applied, a class is not found.

## What to do

Use the field or label that replaced it.
"""

from collections.abc import Iterator

from pipeline.core.diff.change import Op, ResourceChange
from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Need, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

# The minor from which it is ignored, and what replaced it (the "Well-Known Labels, Annotations and Taints" reference).
_LEGACY = {
    "scheduler.alpha.kubernetes.io/critical-pod": (16, "priorityClassName"),
    "seccomp.security.alpha.kubernetes.io/": (27, "securityContext.seccompProfile"),
    "container.seccomp.security.alpha.kubernetes.io/": (27, "securityContext.seccompProfile"),
    "beta.kubernetes.io/os": (19, "kubernetes.io/os"),
    "beta.kubernetes.io/arch": (19, "kubernetes.io/arch"),
    "failure-domain.beta.kubernetes.io/": (17, "topology.kubernetes.io/"),
    "node-role.kubernetes.io/master": (24, "node-role.kubernetes.io/control-plane"),
}


def check(change: ResourceChange, upgrade: Upgrade) -> Iterator[Hit]:
    target = upgrade.facts.target
    assert target is not None, "BUG: evaluated without a target"
    if change.id.kind == CRD_KIND:  # its descriptions may tell of them
        return
    for field in change.fields:
        words = " ".join(str(step) for step in field.path[-1:]) + (str(field.new) if field.op is not Op.REMOVED else "")
        legacy = next((key for key in _LEGACY if key in words), "")
        if field.op is Op.REMOVED or not legacy or legacy in str(field.old):
            continue
        since, instead = _LEGACY[legacy]
        if since <= target[1]:
            name = f"{change.id.kind} {change.id.name}"
            yield Hit(
                at(change, field),
                title=f"{name}: {legacy.rstrip('/')} has no effect since Kubernetes 1.{since}",
                impact="It is silently ignored: it no longer selects, schedules or confines anything.",
                fix=f"Use {instead} instead, with a value or an overlay.",
            )


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {nodeSelector: {%s: linux}}}}\n"
)
_CRD = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.example.org}\n"
    "spec: {versions: [{name: v1, schema: {openAPIV3Schema: {description: %s}}}]}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("placement-changed",),
    severity=Severity.MEDIUM,
    each=check,
    needs=(Need.TARGET,),
    cases=(
        speaks(
            "a selector that no node has",
            ("medium", 'spec.template.spec.nodeSelector["beta.kubernetes.io/os"]'),
            before=_WEB % "kubernetes.io/os",
            after=_WEB % "beta.kubernetes.io/os",
            facts={"target": (1, 34)},
        ),
        quiet(
            "a CRD's description mentions it",
            before=_CRD % "nothing",
            after=_CRD % "'was beta.kubernetes.io/os'",
            facts={"target": (1, 34)},
        ),
        quiet(
            "it is removed",
            before=_WEB % "beta.kubernetes.io/os",
            after=_WEB % "kubernetes.io/os",
            facts={"target": (1, 34)},
        ),
        quiet(
            "it existed before",
            before=_WEB % "beta.kubernetes.io/os",
            after=_WEB % "beta.kubernetes.io/os",
            facts={"target": (1, 34)},
        ),
    ),
)
