"""A pod's start or termination changes: its grace period, its lifecycle hooks.

## Why it matters

With a shorter grace period, requests in progress are dropped.

## What to do

Keep the old period if requests take long.
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
        "start or termination changes",
        "With a shorter grace period, requests in progress are dropped.",
        "Keep the old period if requests take long.",
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
            "a shorter grace period",
            ("low", "spec.template.spec.terminationGracePeriodSeconds"),
            before=_WEB % "terminationGracePeriodSeconds: 60",
            after=_WEB % "",
        ),
        quiet("the default is spelled out", before=_WEB % "", after=_WEB % "terminationGracePeriodSeconds: 30"),
    ),
)
