"""What a custom resource must match as alternatives (allOf, anyOf, oneOf, not) changes.

## Why it matters

Whether that is stricter or looser cannot be told from the schema alone; only custom resources can decide it.

## What to do

Validate your custom resources against the new CRD.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.combinator_changed,
    CrdFindingText(
        lambda number: many(number, "place", "held to other alternatives"),
        "A custom resource may match none of them any more, and is then refused.",
        "Validate your custom resources against the new CRD, or try a server-side dry run.",
        fitting=Severity.LOW,
    ),
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    confidence=Confidence.HINT,
    whole=check,
    cases=(
        speaks(
            "an alternative is gone",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.oneOf[1]"),
            before=field("a: {type: string}", "oneOf: [{required: [a]}, {required: [b]}]"),
            after=field("a: {type: string}", "oneOf: [{required: [a]}]"),
        ),
        quiet("a field is new", before=field("a: {type: string}"), after=field("a: {type: string}, b: {type: string}")),
    ),
)
