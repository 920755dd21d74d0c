"""The default of a custom resource's field changes.

## Why it matters

The API server fills in defaults when it reads: every custom resource that omits the field behaves differently as soon
as the CRD is applied.

## What to do

Set the old value in custom resources that rely on it.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.default_changed,
    CrdFindingText(
        lambda number: f"{counted(number, 'default')} changed or removed",
        "Custom resources that omit the field behave differently after the upgrade.",
        "Set the old value in custom resources that rely on it.",
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
