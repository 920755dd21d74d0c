"""The schema of a custom resource's field changes in a way that is not known to allow more.

## Why it matters

A custom resource whose value does not fit is rejected when it is created or that value changes (before Kubernetes
1.30: at any update). Values of a field that took anything (x-kubernetes-preserve-unknown-fields) must fit a schema now.

## What to do

Compare your custom resources with the new schema before the upgrade.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check
from pipeline.core.crd.schema import relaxations
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    relaxations.unproven,
    CrdFindingText(
        lambda number: f"constraint of {counted(number, 'field')} added or changed",
        "A custom resource that does not fit is rejected on creation, or if the field changes.",
        "Compare your custom resources with the new schema before the upgrade.",
        fitting=Severity.LOW,
    ),
)
_FREE = "a: {type: object, x-kubernetes-preserve-unknown-fields: true}"
_TYPED = "a: {type: object, x-kubernetes-preserve-unknown-fields: true, additionalProperties: {type: string}}"
_PATH = "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks(
            "values that were free must be text",
            ("medium", f"{_PATH}.additionalProperties"),
            before=field(_FREE),
            after=field(_TYPED),
        ),
        speaks(
            "the custom resource in the repository fits",
            ("low", f"{_PATH}.additionalProperties"),
            before=field(_FREE) + MINE % "a: {x: text}",
            after=field(_TYPED) + MINE % "a: {x: text}",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        speaks(
            "an unknown keyword",
            ("medium", f"{_PATH}.x-kubernetes-new"),
            before=field("a: {type: string}"),
            after=field("a: {type: string, x-kubernetes-new: true}"),
        ),
        quiet("they no longer have to be text", before=field(_TYPED), after=field(_FREE)),
        quiet("a type is new, which has its own rule", before=field("a: {}"), after=field("a: {type: string}")),
    ),
)
