"""The scheduling of pods changes: selectors, affinity, tolerations, spreading, priority.

## Why it matters

With stricter rules pods may stay pending; with looser ones all replicas may run on one node.

## What to do

Compare the rules with the labels and taints of your nodes.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_PLACEMENT = frozenset(
    (key,)
    for key in ("affinity", "nodeSelector", "tolerations", "topologySpreadConstraints", "priorityClassName", "nodeName")
)


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] in _PLACEMENT


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """Spreading that is gone altogether is worse than spreading in other words."""
    removed = any(
        field.new is MISSING and field.path[-1] in ("affinity", "topologySpreadConstraints") for field in fields
    )
    return Severity.MEDIUM if removed else None


check = pods_check(
    _picks,
    FindingText(
        "scheduling of its pods changes",
        "With stricter rules pods may stay pending; with looser ones all replicas may run on one node.",
        "Compare the rules with the labels and taints of your nodes.",
        grade=_grade,
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {%s}}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "spreading is gone",
            ("medium", "spec.template.spec.affinity"),
            before=_WEB % "affinity: {podAntiAffinity: {x: y}}",
            after=_WEB % "",
        ),
        speaks(
            "a toleration comes",
            ("low", "spec.template.spec.tolerations"),
            before=_WEB % "",
            after=_WEB % "tolerations: [{key: a}]",
        ),
        quiet("another account", before=_WEB % "serviceAccountName: a", after=_WEB % "serviceAccountName: b"),
    ),
)
