"""A limit on a custom resource's field is new or tighter.

## Why it matters

A custom resource whose value lies outside is refused when it is made anew or that value changes (before Kubernetes
1.30: at any update).

## What to do

Compare your custom resources with the new limit before the upgrade.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.bound_tightened,
    CrdFindingText(
        lambda number: many(number, "limit", "new or tighter"),
        "A custom resource whose value lies outside is refused when it is made anew or changed there.",
        "Compare your custom resources with the new limits before the upgrade.",
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
            "a minimum is raised",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.minimum"),
            before=field("a: {type: integer, minimum: 1}"),
            after=field("a: {type: integer, minimum: 2}"),
        ),
        speaks(
            "a length limit is new",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.maxLength"),
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
