"""A pod's end or start is handled otherwise: its grace period, its hooks.

## Why it matters

A shorter grace period drops requests that were still under way.

## What to do

Pin the old period where requests run long.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] in (
        ("terminationGracePeriodSeconds",),
        ("activeDeadlineSeconds",),
        ("restartPolicy",),
    ) or in_container(path, "lifecycle", "restartPolicy")


check = pods_check(
    _picks,
    FindingText(
        "its end or start is handled otherwise",
        "A shorter grace period drops requests that are still under way.",
        "Pin the old period where requests run long.",
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
            "less time to end",
            ("low", "spec.template.spec.terminationGracePeriodSeconds"),
            before=_WEB % "terminationGracePeriodSeconds: 60",
            after=_WEB % "",
        ),
        quiet("the default is spelled out", before=_WEB % "", after=_WEB % "terminationGracePeriodSeconds: 30"),
    ),
)
