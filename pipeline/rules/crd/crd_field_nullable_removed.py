"""A field of a custom resource may no longer be null.

## Why it matters

A null in it is dropped, or the custom resource is refused when it is made anew or changed there.

## What to do

Search your custom resources for a null there.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.nullable_removed,
    CrdFindingText(
        lambda number: many(number, "field", "no longer allowed to be null"),
        "A null there is dropped, or refused where the custom resource is made anew or changed.",
        "Search your custom resources for a null there.",
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
            "null was allowed",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.nullable"),
            before=field("a: {type: string, nullable: true}"),
            after=field("a: {type: string}"),
        ),
        quiet(
            "null becomes allowed", before=field("a: {type: string}"), after=field("a: {type: string, nullable: true}")
        ),
    ),
)
