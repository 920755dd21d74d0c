"""The pattern that a custom resource's field must match is added or changed.

## Why it matters

A custom resource whose value does not match is rejected when it is created or that value changes (before Kubernetes
1.30: at any update).

## What to do

Compare your custom resources with the new pattern before the upgrade.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.pattern_changed,
    CrdFindingText(
        lambda number: f"pattern of {counted(number, 'field')} added or changed",
        "A custom resource that does not match is rejected on creation, or if the field changes.",
        "Compare your custom resources with the new pattern before the upgrade.",
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
            "a pattern is new",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.pattern"),
            before=field("a: {type: string}"),
            after=field("a: {type: string, pattern: '^x'}"),
        ),
        quiet(
            "a pattern is dropped", before=field("a: {type: string, pattern: '^x'}"), after=field("a: {type: string}")
        ),
    ),
)
