"""A custom resource's field that allowed any value is limited to a list of values.

## Why it matters

A custom resource with a value that is not in the list is rejected when it is created or that value changes (before
Kubernetes 1.30: at any update).

## What to do

Compare the values in your custom resources with the list before the upgrade.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.enum_added,
    CrdFindingText(
        lambda number: f"{counted(number, 'field')} limited to a list of values",
        "A custom resource with another value is rejected on creation, or if the field changes.",
        "Compare the values in your custom resources with the list before the upgrade.",
        grade=of_status,
        fitting=Severity.LOW,
    ),
)
_PATH = "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.enum"
_ANY, _LISTED = field("a: {type: string}"), field("a: {type: string, enum: [x, y]}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks("any text was allowed", ("medium", _PATH), before=_ANY, after=_LISTED),
        speaks(
            "the custom resource in the repository has a listed value",
            ("low", _PATH),
            before=_ANY,
            after=_LISTED + MINE % "a: x",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        speaks(
            "the chart's own custom resource has a listed value",
            ("medium", _PATH),
            before=_ANY,
            after=_LISTED + MINE % "a: x",
        ),
        quiet("a value is removed from the list", before=_LISTED, after=field("a: {type: string, enum: [x]}")),
        quiet("the list is removed", before=_LISTED, after=_ANY),
    ),
)
