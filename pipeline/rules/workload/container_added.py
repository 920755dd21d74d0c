"""A container is added to a workload's pods.

## Why it matters

It needs resources, an image and permissions of its own, in every pod.

## What to do

Compare its image with your registry policy, and its requests with your quota.
"""

from pipeline.core.analysis.change_text import entry_name
from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import is_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return is_container(path) and field.old is MISSING


check = pods_check(
    _picks,
    FindingText(
        "container {} added",
        "It needs resources, an image and permissions of its own, in every pod.",
        "Compare its image with your registry policy, and its requests with your quota.",
        say=lambda _, field: entry_name(field),
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
            "a sidecar is added",
            ("low", "spec.template.spec.containers[name=b]"),
            before=_WEB % "containers: [{name: a}]",
            after=_WEB % "containers: [{name: a}, {name: b}]",
        ),
        speaks(
            "the first initial container is added",
            ("low", "spec.template.spec.initContainers"),
            before=_WEB % "",
            after=_WEB % "initContainers: [{name: a}]",
        ),
        quiet(
            "a sidecar is removed",
            before=_WEB % "containers: [{name: a}, {name: b}]",
            after=_WEB % "containers: [{name: a}]",
        ),
    ),
)
