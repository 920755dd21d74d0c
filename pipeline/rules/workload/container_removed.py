"""A container is removed from a workload's pods.

## Why it matters

Its work (a proxy, an exporter, a set-up step) is no longer done, and an overlay that patches it fails.

## What to do

Check that something else does its work now, and remove it from your overlays.
"""

from pipeline.core.analysis.change_text import entry_name
from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.kube.pods import is_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return is_container(path) and field.new is MISSING


check = pods_check(
    _picks,
    FindingText(
        "container {} removed",
        "Its work is no longer done; overlays that patch it fail.",
        "Check that something else does its work now.",
        say=lambda _, field: entry_name(field),
    ),
)
_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {%s}}}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks(
            "a sidecar is removed",
            ("medium", "spec.template.spec.containers[name=b]"),
            before=_WEB % "containers: [{name: a}, {name: b}]",
            after=_WEB % "containers: [{name: a}]",
        ),
        speaks(
            "the last initial container is removed",
            ("medium", "spec.template.spec.initContainers"),
            before=_WEB % "initContainers: [{name: a}]",
            after=_WEB % "",
        ),
        quiet(
            "a sidecar is added",
            before=_WEB % "containers: [{name: a}]",
            after=_WEB % "containers: [{name: a}, {name: b}]",
        ),
    ),
)
