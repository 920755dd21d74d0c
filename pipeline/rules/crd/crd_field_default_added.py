"""A custom resource's field that had no default has one.

## Why it matters

The API server writes it into every custom resource that leaves the field out. Tools that compare with Git see a drift.

## What to do

Read what the default does; set the field where you want another value.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.default_added,
    CrdFindingText(
        lambda number: many(number, "default", "new"),
        "The API server writes it into custom resources that leave the field out.",
        "Read what it does; set the field where you want another value.",
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
