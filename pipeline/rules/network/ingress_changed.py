"""An Ingress's routing changes.

## Why it matters

A removed host or path answers 404; a different backend, class or TLS secret changes what answers.

## What to do

Compare hosts and paths with those that your users call, and test them in staging.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("spec",)


def _hosts(resource: Resource | None) -> set[str]:
    rules = sequence(mapping(resource.body.get("spec")).get("rules")) if resource else ()
    return {str(mapping(rule).get("host") or "*") for rule in rules}


def _grade(change: ResourceChange, _fields: list[FieldChange]) -> Severity | None:
    """A host that nothing of the Ingress answers any more. Without rules there is a default backend, or nothing."""
    gone = _hosts(change.before) - _hosts(change.after)
    return Severity.HIGH if any(not _answered(host, _hosts(change.after)) for host in gone) else None


def _answered(host: str, hosts: set[str]) -> bool:
    return "*" in hosts or f"*.{host.partition('.')[2]}" in hosts


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
        grade=_grade,
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
            "a host is gone",
            ("high", "spec.rules[host=a]"),
            before=_INGRESS % "rules: [{host: a}, {host: b}]",
            after=_INGRESS % "rules: [{host: b}]",
        ),
        speaks(
            "a wildcard takes its place",
            ("medium", "spec.rules[host=*.example.org]"),
            before=_INGRESS % "rules: [{host: a.example.org}]",
            after=_INGRESS % "rules: [{host: '*.example.org'}]",
        ),
        speaks(
            "a host is new",
            ("medium", "spec.rules[host=b]"),
            before=_INGRESS % "rules: [{host: a}]",
            after=_INGRESS % "rules: [{host: a}, {host: b}]",
        ),
        quiet("the same", before=_INGRESS % "rules: [{host: a}]", after=_INGRESS % "rules: [{host: a}]"),
    ),
)
