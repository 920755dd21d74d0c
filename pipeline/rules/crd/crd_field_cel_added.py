"""A CRD has new validation rules (CEL).

## Why it matters

A custom resource that violates a rule is rejected when it is created or anything below the rule changes (before
Kubernetes 1.30: at any update), even if the change is about something else.

## What to do

Check your custom resources against the rules, or try them with a server-side dry run.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.rules_added,
    CrdFindingText(
        lambda number: f"new validation rules for {counted(number, 'field')}",
        "A custom resource that violates one is rejected on creation, or if the field changes.",
        "Check your custom resources against the rules, or try a server-side dry run.",
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
            "a rule is new",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.x-kubernetes-validations"),
            before=field("a: {type: string}"),
            after=field("a: {type: string}", "x-kubernetes-validations: [{rule: has(self.a)}]"),
        ),
        quiet(
            "only the message changes",
            before=field("a: {type: string}", "x-kubernetes-validations: [{rule: has(self.a), message: x}]"),
            after=field("a: {type: string}", "x-kubernetes-validations: [{rule: has(self.a), message: y}]"),
        ),
    ),
)
