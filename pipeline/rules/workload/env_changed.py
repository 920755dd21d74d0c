"""A container's environment variables change.

## Why it matters

The process reads other settings; one that is gone falls back to its default.

## What to do

Look up the variables in the release notes, and check values of yours that set them.
"""

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import in_container
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return in_container(path, "env", "envFrom")


check = pods_check(
    _picks,
    FindingText(
        "its environment changes", "The process reads other settings.", "Look up the variables in the release notes."
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
            "a variable goes",
            ("low", "spec.template.spec.containers[name=a].env[name=A]"),
            before=_WEB % ", env: [{name: A, value: b}, {name: B}]",
            after=_WEB % ", env: [{name: B}]",
        ),
        quiet("another image", before=_WEB % "", after=(_WEB % "").replace("x:1", "x:2")),
    ),
)
