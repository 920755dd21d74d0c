"""A CronJob's schedule or settings change.

## Why it matters

It may run twice, overlap with itself, or not run at all.

## What to do

Set schedule and concurrency with values if they matter.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("spec",) and path[:2] != ("spec", "jobTemplate")


check = object_check(
    _picks,
    FindingText(
        "schedule or settings change",
        "It may run twice, overlap with itself, or not run at all.",
        "Set schedule and concurrency with values if they matter.",
    ),
)
_CRON = "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: %s 0 * * *}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"CronJob"}),
    cases=(
        speaks("another schedule", ("medium", "spec.schedule"), before=_CRON % "1", after=_CRON % "2"),
        quiet("the same", before=_CRON % "1", after=_CRON % "1"),
    ),
)
