"""The default of a custom resource's field changes.

## Why it matters

The API server writes a default into a custom resource with its first write, and the stored value stays. So those that
exist keep the old default, also when the same manifest is applied again, and those that are created from now on get the
new one: what Git holds alike behaves differently.

## What to do

Set the value in every custom resource that needs one of the two.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.default_changed,
    CrdFindingText(
        lambda number: f"{counted(number, 'default')} changed or removed",
        "Stored custom resources that omit the field keep the old default; new ones get the new one.",
        "Set the value in custom resources that need one of the two.",
        reached=True,
    ),
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "a custom resource leaves the field out",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.default"),
            before=field("a: {type: integer, default: 1}"),
            after=field("a: {type: integer, default: 2}, b: {type: string}") + MINE % "b: x",
        ),
        speaks(
            "a default changes",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.default"),
            before=field("a: {type: integer, default: 1}"),
            after=field("a: {type: integer, default: 2}"),
        ),
        quiet("a default is new", before=field("a: {type: integer}"), after=field("a: {type: integer, default: 2}")),
    ),
)
