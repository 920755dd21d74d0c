"""How a workload replaces its pods changes.

## Why it matters

Recreate stops all pods before the first new one starts; another surge or budget changes how many serve meanwhile.

## What to do

Pin the old strategy where you cannot afford the gap.
"""

from pipeline.core.change import FieldChange, ResourceChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, object_check
from pipeline.core.rule import Rule, quiet, speaks

_SETTINGS = frozenset(
    ("spec", key)
    for key in (
        "minReadySeconds",
        "progressDeadlineSeconds",
        "revisionHistoryLimit",
        "paused",
        "ordinals",
        "persistentVolumeClaimRetentionPolicy",
    )
)


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] in (("spec", "strategy"), ("spec", "updateStrategy")) or path in _SETTINGS


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    recreate = any(field.path[-1] == "type" and field.new in ("Recreate", "OnDelete") for field in fields)
    return Severity.MEDIUM if recreate else None


check = object_check(
    _picks,
    Words(
        "it replaces its pods otherwise",
        "Fewer pods may serve during a rollout, or none.",
        "Pin the old strategy where you cannot afford the gap.",
        grade=_grade,
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"Deployment", "StatefulSet", "DaemonSet"}),
    cases=(
        speaks(
            "all stop first",
            ("medium", "spec.strategy.rollingUpdate"),
            before=_WEB % "",
            after=_WEB % "strategy: {type: Recreate}",
        ),
        speaks(
            "less history",
            ("low", "spec.revisionHistoryLimit"),
            before=_WEB % "",
            after=_WEB % "revisionHistoryLimit: 3",
        ),
        quiet("the default is spelled out", before=_WEB % "", after=_WEB % "strategy: {type: RollingUpdate}"),
    ),
)
