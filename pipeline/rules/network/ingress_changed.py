"""An Ingress's routing changes.

## Why it matters

A removed host or path answers 404; a different backend, class or TLS secret changes what answers.

## What to do

Compare hosts and paths with those that your users call, and test them in staging.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("spec",)


check = object_check(
    _picks,
    FindingText(
        "its routing changes",
        "A removed host or path answers 404.",
        "Compare hosts and paths with those that your users call.",
    ),
)
_INGRESS = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"Ingress"}),
    cases=(
        speaks(
            "another host",
            ("medium", "spec.rules[host=a]"),
            before=_INGRESS % "rules: [{host: a}, {host: b}]",
            after=_INGRESS % "rules: [{host: b}]",
        ),
        quiet("the same", before=_INGRESS % "rules: [{host: a}]", after=_INGRESS % "rules: [{host: a}]"),
    ),
)
