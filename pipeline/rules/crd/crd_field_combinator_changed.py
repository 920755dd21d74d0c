"""The alternatives that a custom resource must match (allOf, anyOf, oneOf, not) change.

## Why it matters

The schema alone does not tell whether that is stricter or looser; only custom resources do.

## What to do

Validate your custom resources against the new CRD.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.combinator_changed,
    CrdFindingText(
        lambda number: f"the alternatives for {counted(number, 'field')} change",
        "A custom resource that matches none of them is rejected.",
        "Validate your custom resources against the new CRD, or try a server-side dry run.",
        grade=of_status,
        fitting=Severity.LOW,
    ),
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.HINT,
    whole=check,
    cases=(
        speaks(
            "an alternative is removed",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.oneOf[1]"),
            before=field("a: {type: string}", "oneOf: [{required: [a]}, {required: [b]}]"),
            after=field("a: {type: string}", "oneOf: [{required: [a]}]"),
        ),
        quiet("a field is new", before=field("a: {type: string}"), after=field("a: {type: string}, b: {type: string}")),
    ),
)
