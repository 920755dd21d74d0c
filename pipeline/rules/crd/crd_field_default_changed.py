"""A custom resource's field has another default.

## Why it matters

The API server fills defaults in when it reads: every custom resource that leaves the field out behaves differently from
the moment the CRD is applied.

## What to do

Set the old value in custom resources that rely on it.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.default_changed,
    CrdFindingText(
        lambda number: many(number, "default", "another one or gone"),
        "Custom resources that leave the field out behave differently from now on.",
        "Set the old value where you rely on it.",
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
            "a default changes",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.default"),
            before=field("a: {type: integer, default: 1}"),
            after=field("a: {type: integer, default: 2}"),
        ),
        quiet("a default is new", before=field("a: {type: integer}"), after=field("a: {type: integer, default: 2}")),
    ),
)
