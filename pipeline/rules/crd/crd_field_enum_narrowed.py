"""A value of a custom resource's field is no longer allowed.

## Why it matters

A custom resource with the removed value is rejected when it is created or that value changes (before Kubernetes 1.30:
at any update).

## What to do

Replace the value in your custom resources before the upgrade.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.enum_narrowed,
    CrdFindingText(
        lambda number: f"{counted(number, 'field')} limited to fewer values",
        "A custom resource with a removed value is rejected on creation, or if the field changes.",
        "Replace the value in your custom resources before the upgrade.",
        grade=of_status,
        fitting=Severity.LOW,
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
            "a value is no longer in the list",
            ("high", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.enum[1]"),
            before=field("a: {type: string, enum: [x, y]}"),
            after=field("a: {type: string, enum: [x]}"),
        ),
        speaks(
            "the custom resource in the repository has another value",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.enum[1]"),
            before=field("a: {type: string, enum: [x, y]}"),
            after=field("a: {type: string, enum: [x]}") + MINE % "a: x",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        quiet(
            "any text was allowed",
            before=field("a: {type: string}"),
            after=field("a: {type: string, enum: [x]}"),
        ),
        quiet(
            "a value is added to the list",
            before=field("a: {type: string, enum: [x]}"),
            after=field("a: {type: string, enum: [x, y]}"),
        ),
        quiet(
            "the list is in another order",
            before=field("a: {type: string, enum: [y, x]}"),
            after=field("a: {type: string, enum: [x, y]}"),
        ),
    ),
)
