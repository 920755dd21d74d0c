"""An immutable field of a class, a slice or a quota changes.

## Why it matters

The API server rejects it: an IngressClass's controller, a RuntimeClass's handler, a PriorityClass's value and
preemption policy, an EndpointSlice's address type, a ResourceQuota's scopes and a ResourceClaim's spec are immutable.

## What to do

Create a new object with another name and move its users, or delete the old one in a separate step.
"""

from pipeline.core.analysis.immutable_fields import differing, immutable_check
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_FIXED: dict[str, tuple[Path, ...]] = {
    "IngressClass": (("spec", "controller"),),
    "RuntimeClass": (("handler",),),
    "PriorityClass": (("value",), ("preemptionPolicy",)),
    "EndpointSlice": (("addressType",),),
    "ResourceQuota": (("spec", "scopes"), ("spec", "scopeSelector")),
    "ResourceClaim": (("spec",),),
    "ResourceClaimTemplate": (("spec",),),
}


def _refused(old: Body, new: Body, _minor: int) -> tuple[Path, ...]:
    return differing(old, new, *_FIXED[str(old.get("kind"))])


check = immutable_check(_refused)


_CLASS = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: high}\n%s\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset(
        {
            "IngressClass",
            "RuntimeClass",
            "PriorityClass",
            "EndpointSlice",
            "ResourceQuota",
            "ResourceClaim",
            "ResourceClaimTemplate",
        }
    ),
    cases=(
        speaks("another value", ("blocker", "value"), before=_CLASS % "value: 1", after=_CLASS % "value: 2"),
        quiet("another description", before=_CLASS % "value: 1", after=_CLASS % "value: 1\ndescription: x"),
    ),
)
