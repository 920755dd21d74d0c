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


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    if all(field.path[:2] == ("spec", "tls") for field in fields):
        return (
            "HTTPS clients get another certificate, or an error.",
            "Compare the hosts and Secrets of spec.tls with your certificates.",
        )
    return None


check = object_check(
    _picks,
    FindingText(
        "its rules or TLS settings change",
        "A removed host or path answers 404.",
        "Compare hosts and paths with those that your users call.",
        advise=_advise,
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
