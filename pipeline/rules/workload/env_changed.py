"""A container's environment variables change.

## Why it matters

The process reads different settings; for a removed variable it falls back to its default.

## What to do

Look up the variables in the release notes, and check your values that set them.
"""

import re
from typing import Any

from pipeline.core.analysis.rule_helpers import FindingText, pods_check
from pipeline.core.analysis.setting_changes import setting_grade
from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import in_container
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_REFERENCE = re.compile(r"\$\(([^()]+)\)")


def _picks(_field: FieldChange, path: Path) -> bool:
    return in_container(path, "env", "envFrom")


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """``$(HOST)`` is replaced where HOST stands above it, and else is passed on as it is written."""
    orders = [field for field in fields if field.op is Op.REORDERED and field.path[-1] == "env"]
    if any(_resolved(field.old) != _resolved(field.new) for field in orders):
        return Severity.MEDIUM
    return setting_grade(fields)


def _resolved(variables: list[Any]) -> set[tuple[str, str]]:
    """Each variable with those that it names and that stand above it."""
    resolved, above = set(), set[str]()
    for name, value in (
        (str(mapping(variable).get("name")), str(mapping(variable).get("value"))) for variable in variables
    ):
        resolved |= {(name, other) for other in _REFERENCE.findall(value) if other in above}
        above.add(name)
    return resolved


check = pods_check(
    _picks,
    FindingText(
        "environment changes",
        "The process reads different settings.",
        "Look up the variables in the release notes.",
        grade=_grade,
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
            "a variable is removed",
            ("medium", "spec.template.spec.containers[name=a].env[name=A]"),
            before=_WEB % ", env: [{name: A, value: b}, {name: B}]",
            after=_WEB % ", env: [{name: B}]",
        ),
        speaks(
            "a variable refers to one that is now listed later",
            ("medium", "spec.template.spec.containers[name=a].env"),
            before=_WEB % ", env: [{name: HOST, value: db}, {name: URL, value: 'pg://$(HOST)/x'}]",
            after=_WEB % ", env: [{name: URL, value: 'pg://$(HOST)/x'}, {name: HOST, value: db}]",
        ),
        speaks(
            "an order that no variable depends on",
            ("low", "spec.template.spec.containers[name=a].env"),
            before=_WEB % ", env: [{name: A, value: a}, {name: B, value: b}]",
            after=_WEB % ", env: [{name: B, value: b}, {name: A, value: a}]",
        ),
        speaks(
            "a variable is added",
            ("low", "spec.template.spec.containers[name=a].env[name=B]"),
            before=_WEB % ", env: [{name: A, value: a}]",
            after=_WEB % ", env: [{name: A, value: a}, {name: B, value: b}]",
        ),
        speaks(
            "a variable names another image",
            ("low", "spec.template.spec.containers[name=a].env[name=A].value"),
            before=_WEB % ", env: [{name: A, value: 'hashicorp/vault:1.20.4'}]",
            after=_WEB % ", env: [{name: A, value: 'hashicorp/vault:1.21.2'}]",
        ),
        quiet("another image", before=_WEB % "", after=(_WEB % "").replace("x:1", "x:2")),
    ),
)
