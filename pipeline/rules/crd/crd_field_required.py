"""A field that could be left out must be set now.

## Why it matters

A custom resource without it is refused at its next update, by people and by controllers alike.

## What to do

Set the field in your custom resources before the upgrade.
"""

from pipeline.core.crd import keywords
from pipeline.core.crd.examples import field
from pipeline.core.crd.field_rule import Words, fields_check, many
from pipeline.core.finding import Confidence, Severity
from pipeline.core.rule import Rule, quiet, speaks

check = fields_check(
    keywords.required_added,
    Words(
        lambda number: many(number, "place", "stricter about which fields must be set"),
        "A custom resource that lacks a required field is refused at its next update.",
        "Set the fields in your custom resources before the upgrade.",
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
            "a field becomes required",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.required"),
            before=field("a: {type: string}"),
            after=field("a: {type: string}", "required: [a]"),
        ),
        quiet(
            "a field is no longer required",
            before=field("a: {type: string}", "required: [a]"),
            after=field("a: {type: string}"),
        ),
    ),
)
