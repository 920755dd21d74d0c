"""A field of a custom resource may no longer be null.

## Why it matters

A null value is dropped, or the custom resource is rejected on creation or when that field changes.

## What to do

Search your custom resources for null in that field.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.nullable_removed,
    CrdFindingText(
        lambda number: f"{counted(number, 'field')} can no longer be null",
        "A null value is dropped, or the custom resource is rejected on creation or if the field changes.",
        "Search your custom resources for null in that field.",
        grade=of_status,
        fitting=Severity.LOW,
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
            "null was allowed",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.nullable"),
            before=field("a: {type: string, nullable: true}"),
            after=field("a: {type: string}"),
        ),
        quiet(
            "null becomes allowed", before=field("a: {type: string}"), after=field("a: {type: string, nullable: true}")
        ),
    ),
)
