"""The pattern that a custom resource's field must match is new or another.

## Why it matters

A custom resource whose value does not match is refused when it is made anew or that value changes (before Kubernetes
1.30: at any update).

## What to do

Compare your custom resources with the new pattern before the upgrade.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.pattern_changed,
    CrdFindingText(
        lambda number: many(number, "field", "held to a new pattern"),
        "A custom resource whose value does not match is refused when it is made anew or changed there.",
        "Compare your custom resources with the new pattern before the upgrade.",
        fitting=Severity.LOW,
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
            "a pattern is new",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.pattern"),
            before=field("a: {type: string}"),
            after=field("a: {type: string, pattern: '^x'}"),
        ),
        quiet(
            "a pattern is dropped", before=field("a: {type: string, pattern: '^x'}"), after=field("a: {type: string}")
        ),
    ),
)
