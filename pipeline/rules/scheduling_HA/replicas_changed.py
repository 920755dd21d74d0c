"""A workload has another number of replicas.

## Why it matters

Fewer replicas are less capacity, and one is none while it restarts. A number that is gone becomes 1, unless an
autoscaler owns it.

## What to do

Pin the number by a value of the chart, or leave it to the autoscaler alone.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path == ("spec", "replicas")


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    old, new = fields[0].old, fields[0].new
    if not (isinstance(old, int) and isinstance(new, int) and new < old):
        return None
    return Severity.MEDIUM if new else Severity.HIGH


check = object_check(
    _picks,
    FindingText(
        "another number of replicas",
        "Fewer replicas are less capacity; a single one is none while it restarts, and none does nothing.",
        "Pin the number by a value, or leave it to an autoscaler alone.",
        grade=_grade,
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"Deployment", "StatefulSet", "ReplicaSet"}),
    cases=(
        speaks("more", ("low", "spec.replicas"), before=_WEB % "replicas: 1", after=_WEB % "replicas: 2"),
        speaks("fewer", ("medium", "spec.replicas"), before=_WEB % "replicas: 3", after=_WEB % "replicas: 2"),
        speaks("none", ("high", "spec.replicas"), before=_WEB % "replicas: 3", after=_WEB % "replicas: 0"),
        quiet("the default is spelled out", before=_WEB % "paused: false", after=_WEB % "paused: false, replicas: 1"),
    ),
)
