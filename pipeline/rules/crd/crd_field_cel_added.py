"""A CRD has validation rules (CEL) that it had not.

## Why it matters

A custom resource that breaks one is refused when it is made anew or anything below the rule changes (before Kubernetes
1.30: at any update), even where the change is about something else.

## What to do

Read the rules against your custom resources, or try them with a server-side dry run.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.rules_added,
    CrdFindingText(
        lambda number: many(number, "place", "held to new validation rules"),
        "A custom resource that breaks one is refused when it is made anew or changed there.",
        "Read the rules against your custom resources, or try a server-side dry run.",
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
            "a rule is new",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.x-kubernetes-validations"),
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
