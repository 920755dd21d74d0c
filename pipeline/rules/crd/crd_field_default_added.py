"""A custom resource's field that had no default now has one.

## Why it matters

The API server writes it into every custom resource that omits the field. Tools that compare with Git see drift.

## What to do

Read what the default does; set the field if you want another value.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.default_added,
    CrdFindingText(
        lambda number: f"{counted(number, 'default')} added",
        "The API server writes it into custom resources that omit the field.",
        "Read what the default does; set the field if you want another value.",
        reached=True,
    ),
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "a custom resource leaves the field out",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.default"),
            before=field("a: {type: integer}"),
            after=field("a: {type: integer, default: 2}, b: {type: string}") + MINE % "b: x",
        ),
        speaks(
            "a default is new",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.default"),
            before=field("a: {type: integer}"),
            after=field("a: {type: integer, default: 2}"),
        ),
        quiet(
            "a default changes",
            before=field("a: {type: integer, default: 1}"),
            after=field("a: {type: integer, default: 2}"),
        ),
    ),
)
