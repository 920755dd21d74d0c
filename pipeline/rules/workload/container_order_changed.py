"""A workload's containers or init containers stand in another order.

## Why it matters

Init containers run one after the other, in the order written: a step that needs the result of another fails or works
on old data. Containers are started in the order written, and a postStart hook holds up those below it. Either way the
pods are replaced.

## What to do

Check which step needs which. Restore the old order by an overlay where the new one is wrong.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import is_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return field.op is Op.REORDERED and is_container(path)


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    return Severity.MEDIUM if any(field.path[-1] == "initContainers" for field in fields) else None


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    if any(field.path[-1] == "initContainers" for field in fields):
        return None
    return "A postStart hook delays the containers that are listed after its own.", "Check which container needs which."


check = pods_check(
    _picks,
    FindingText(
        "containers start in another order",
        "Init containers run one after the other: a step that needs the result of another may fail.",
        "Check which step needs which.",
        grade=_grade,
        advise=_advise,
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
            "init containers are swapped",
            ("medium", "spec.template.spec.initContainers"),
            before=_WEB % "initContainers: [{name: wait}, {name: migrate}]",
            after=_WEB % "initContainers: [{name: migrate}, {name: wait}]",
        ),
        speaks(
            "containers are swapped",
            ("low", "spec.template.spec.containers"),
            before=_WEB % "containers: [{name: a}, {name: b}]",
            after=_WEB % "containers: [{name: b}, {name: a}]",
        ),
        quiet(
            "a container is added before them",
            before=_WEB % "containers: [{name: a}, {name: b}]",
            after=_WEB % "containers: [{name: c}, {name: a}, {name: b}]",
        ),
    ),
)
