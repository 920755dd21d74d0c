"""A validation limit on a custom resource's field is added or tightened.

## Why it matters

A custom resource with a value outside the limit is rejected when it is created or that value changes (before
Kubernetes 1.30: at any update).

## What to do

Compare your custom resources with the new limit before the upgrade.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.bound_tightened,
    CrdFindingText(
        lambda number: f"{counted(number, 'validation limit')} added or tightened",
        "A custom resource outside the limit is rejected on creation, or if the field changes.",
        "Compare your custom resources with the new limits before the upgrade.",
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
            "a minimum is raised",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.minimum"),
            before=field("a: {type: integer, minimum: 1}"),
            after=field("a: {type: integer, minimum: 2}"),
        ),
        speaks(
            "a length limit is new",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.maxLength"),
            before=field("a: {type: string}"),
            after=field("a: {type: string, maxLength: 9}"),
        ),
        quiet(
            "a maximum is raised",
            before=field("a: {type: integer, maximum: 1}"),
            after=field("a: {type: integer, maximum: 2}"),
        ),
    ),
)
