"""A NetworkPolicy's rules or selectors changed.

## Why it matters

Traffic that was allowed may be blocked, or more may be allowed.

## What to do

Compare peers and ports with the pods' real traffic, including DNS and metrics.
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
        "rules or selectors change",
        "Traffic that was allowed may be blocked, or more may be allowed.",
        "Compare peers and ports with the pods' real traffic, including DNS and metrics.",
    ),
)
_POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"NetworkPolicy"}),
    cases=(
        speaks(
            "another port",
            ("medium", "spec.ingress[0].ports[port=80,protocol=TCP]"),
            before=_POLICY % "ingress: [{ports: [{port: 80}]}]",
            after=_POLICY % "ingress: [{ports: [{port: 81}]}]",
        ),
        quiet(
            "the same",
            before=_POLICY % "ingress: [{ports: [{port: 80}]}]",
            after=_POLICY % "ingress: [{ports: [{port: 80}]}]",
        ),
    ),
)
