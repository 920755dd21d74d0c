"""A part of a custom resource that kept any field now keeps only the known ones.

## Why it matters

Free-form content below it is silently dropped at the next write of each custom resource.

## What to do

Search your custom resources for content there that the new schema does not have.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.unknown_preservation_removed,
    CrdFindingText(
        lambda number: f"{counted(number, 'field')} limited to known fields",
        "Content there that the schema does not have is silently dropped.",
        "Search your custom resources for such content, and move it first.",
        grade=of_status,
        fitting=Severity.MEDIUM,
    ),
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "unknown fields were preserved",
            (
                "high",
                "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.x-kubernetes-preserve-unknown-fields",
            ),
            before=field("a: {type: object, x-kubernetes-preserve-unknown-fields: true}"),
            after=field("a: {type: object}"),
        ),
        speaks(
            "any value was taken",
            (
                "high",
                "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.additionalProperties",
            ),
            before=field("a: {type: object, additionalProperties: true}"),
            after=field("a: {type: object, additionalProperties: {type: string}}"),
        ),
        quiet(
            "unknown fields become preserved",
            before=field("a: {type: object}"),
            after=field("a: {type: object, x-kubernetes-preserve-unknown-fields: true}"),
        ),
    ),
)
