"""A field of a custom resource is gone from its CRD's schema.

## Why it matters

The API server drops the field from every custom resource that sets it, without an error (structural schemas prune
unknown fields), or refuses the resource where fields are validated strictly. The setting is lost.

## What to do

Search your custom resources for the field, and move the setting to what replaces it before the upgrade.
"""

from pipeline.core.crd import keywords
from pipeline.core.crd.examples import field
from pipeline.core.crd.field_rule import Words, fields_check, many
from pipeline.core.finding import Confidence, Severity
from pipeline.core.rule import Rule, quiet, speaks

check = fields_check(
    keywords.field_removed,
    Words(
        lambda number: many(number, "field", "removed"),
        "Custom resources that set it lose the setting in silence.",
        "Search your custom resources for it, and move the setting first.",
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
            "a field is no longer known",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.size"),
            before=field("size: {type: integer}, a: {type: string}"),
            after=field("a: {type: string}"),
        ),
        quiet("a field is new", before=field("a: {type: string}"), after=field("a: {type: string}, b: {type: string}")),
    ),
)
