"""A pod's volumes or their mount paths change.

## Why it matters

Files may be at a different path or missing; a pod whose volume is missing does not start.

## What to do

Check that every ConfigMap, Secret and claim that is used exists before the rollout.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("volumes",) or in_container(path, "volumeMounts", "volumeDevices")


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """A folder of the node is shared with whoever else looks there: another path is a broken agreement."""
    return Severity.MEDIUM if any(map(_moved, fields)) else None


def _moved(field: FieldChange) -> bool:
    return "hostPath" in field.path and field.path[-1] == "path" and MISSING not in (field.old, field.new)


check = pods_check(
    _picks,
    FindingText(
        "its volumes change",
        "A pod does not start if the source of a volume is missing.",
        "Check that every ConfigMap, Secret and claim that is used exists.",
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
            "a volume comes",
            ("low", "spec.template.spec.volumes[name=b]"),
            before=_WEB % "volumes: [{name: a}]",
            after=_WEB % "volumes: [{name: a}, {name: b}]",
        ),
        quiet(
            "a container comes",
            before=_WEB % "volumes: [{name: a}]",
            after=_WEB % "volumes: [{name: a}], containers: [{name: b}]",
        ),
    ),
)
