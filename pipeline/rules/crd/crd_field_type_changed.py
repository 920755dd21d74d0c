"""The type of a custom resource's field changes.

## Why it matters

Values of the old type are rejected (by a server-side apply even if nothing else changes), and typed clients fail to
read what is stored.

## What to do

Rewrite the values in your custom resources together with the upgrade.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.retyped,
    CrdFindingText(
        lambda number: f"type of {counted(number, 'field')} changed",
        "Values of the old type are rejected at the next apply of a custom resource.",
        "Rewrite the values in your custom resources together with the upgrade.",
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
            "a number becomes text",
            ("high", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.type"),
            before=field("a: {type: integer}"),
            after=field("a: {type: string}"),
        ),
        speaks(
            "text becomes a list",
            ("high", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.type"),
            before=field("a: {type: string, maxLength: 9}"),
            after=field("a: {type: array, items: {type: string}}"),
        ),
        speaks(
            "the custom resource in the repository fits both",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.type"),
            before=field("a: {type: integer}") + MINE % "b: 1",
            after=field("a: {type: string}") + MINE % "b: 1",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        quiet("an integer becomes any number", before=field("a: {type: integer}"), after=field("a: {type: number}")),
    ),
)
