"""A container's probe is changed or added.

## Why it matters

A stricter probe restarts slow pods or takes them out of service; a new path or port must answer.

## What to do

Watch restarts after the rollout; raise failureThreshold if pods start slowly.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return in_container(path, "livenessProbe", "readinessProbe", "startupProbe") and not (
        not path[3:] and field.new is MISSING
    )


check = pods_check(
    _picks,
    FindingText(
        "probe changes",
        "A stricter probe restarts slow pods, or takes them out of service.",
        "Watch restarts after the rollout.",
    ),
)
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'%s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "a shorter timeout",
            ("low", "spec.template.spec.containers[name=a].readinessProbe.timeoutSeconds"),
            before=_WEB % ", readinessProbe: {timeoutSeconds: 5}",
            after=_WEB % ", readinessProbe: {timeoutSeconds: 1}",
        ),
        quiet("it is removed", before=_WEB % ", readinessProbe: {timeoutSeconds: 5}", after=_WEB % ""),
    ),
)
