"""A Job's settings change: its limits, its retries, how long it is kept.

## Why it matters

It may be retried more or less often, or be deleted sooner.

## What to do

Set them with values if they matter.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_SETTINGS = frozenset(
    {
        "backoffLimit",
        "activeDeadlineSeconds",
        "ttlSecondsAfterFinished",
        "parallelism",
        "suspend",
        "podReplacementPolicy",
    }
)


def _job(path: Path) -> bool:
    """Of the Job itself, or of what a CronJob makes."""
    return not path[2:] or path[:3] == ("spec", "jobTemplate", "spec")


def _picks(_field: FieldChange, path: Path) -> bool:
    return _job(path) and path[-1] in _SETTINGS


check = object_check(
    _picks,
    FindingText(
        "settings change",
        "It may be retried more or less often, or be deleted sooner.",
        "Set them with values if they matter.",
    ),
)
_JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"Job", "CronJob"}),
    cases=(
        speaks(
            "fewer retries",
            ("low", "spec.backoffLimit"),
            before=_JOB % "backoffLimit: 6",
            after=_JOB % "backoffLimit: 1",
        ),
        quiet(
            "the default is spelled out", before=_JOB % "suspend: false", after=_JOB % "suspend: false, backoffLimit: 6"
        ),
    ),
)
