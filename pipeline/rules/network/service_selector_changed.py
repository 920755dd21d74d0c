"""A Service's selector changes.

## Why it matters

The Service has no endpoints until pods with the new labels are ready, or at all if no pod has them.

## What to do

Check that the pod templates have the labels; keep the old ones for one release if downtime is not acceptable.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] == ("spec", "selector")


check = object_check(
    _picks,
    FindingText(
        "selector changes",
        "It may have no endpoints until pods with the new labels are ready.",
        "Check that the pod templates have the labels.",
    ),
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"Service"}),
    cases=(
        speaks(
            "another label",
            ("medium", "spec.selector.app"),
            before=_SERVICE % "selector: {app: a}",
            after=_SERVICE % "selector: {app: b}",
        ),
        quiet(
            "another target",
            before=_SERVICE % "ports: [{port: 80, targetPort: 1}]",
            after=_SERVICE % "ports: [{port: 80, targetPort: 2}]",
        ),
    ),
)
