"""An autoscaler's settings change.

## Why it matters

A lower minimum means less headroom, a lower maximum less capacity; a new metric may not exist.

## What to do

Set minimum and maximum with values if you chose them deliberately.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("spec",)


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    lower = (f for f in fields if f.path[-1] in ("minReplicas", "maxReplicas"))
    less = any(isinstance(f.old, int) and isinstance(f.new, int) and f.new < f.old for f in lower)
    alone = any(f.path[-1] == "minReplicas" and f.new in (1, MISSING) and f.old not in (1, MISSING) for f in fields)
    return Severity.HIGH if alone else Severity.MEDIUM if less else None


check = object_check(
    _picks,
    FindingText(
        "scaling changes",
        "There may be less headroom or capacity; a new metric may not exist.",
        "Set minimum and maximum with values if you chose them deliberately.",
        grade=_grade,
    ),
)
_HPA = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"HorizontalPodAutoscaler"}),
    cases=(
        speaks(
            "a lower minimum",
            ("medium", "spec.minReplicas"),
            before=_HPA % "minReplicas: 3",
            after=_HPA % "minReplicas: 2",
        ),
        speaks(
            "a minimum of one",
            ("high", "spec.minReplicas"),
            before=_HPA % "minReplicas: 2",
            after=_HPA % "minReplicas: 1",
        ),
        speaks(
            "a higher maximum",
            ("low", "spec.maxReplicas"),
            before=_HPA % "maxReplicas: 2",
            after=_HPA % "maxReplicas: 3",
        ),
        quiet(
            "the default is spelled out", before=_HPA % "maxReplicas: 3", after=_HPA % "maxReplicas: 3, minReplicas: 1"
        ),
    ),
)
