"""An optional field becomes required.

## Why it matters

A custom resource without it is rejected when it is created or anything next to the field changes (before Kubernetes
1.30: at any update), whether a person or a controller writes it.

## What to do

Set the field in your custom resources before the upgrade.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.crd.schema.changes import ChangedCrd, SchemaChange, holder_after
from pipeline.core.crd.schema.keywords import names_required
from pipeline.core.kube.resource import mapping
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted


def _grade(picked: list[SchemaChange], edited: ChangedCrd) -> Severity | None:
    """The API server fills defaults in before it looks at what is required."""
    return Severity.INFO if all(_filled(change, edited) for change in picked) else of_status(picked, edited)


def _filled(change: SchemaChange, edited: ChangedCrd) -> bool:
    fields = mapping(holder_after(edited, change, "required").get("properties"))
    return all("default" in mapping(fields.get(name)) for name in names_required(change))


check = fields_check(
    keywords.required_added,
    CrdFindingText(
        lambda number: f"{counted(number, 'field')} now required",
        "A custom resource without it is rejected on creation, or when a field next to it changes.",
        "Set the fields in your custom resources before the upgrade.",
        grade=_grade,
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
            "a field becomes required",
            ("medium", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.required"),
            before=field("a: {type: string}"),
            after=field("a: {type: string}", "required: [a]"),
        ),
        speaks(
            "the server fills it in",
            ("info", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.required"),
            before=field("a: {type: string, default: x}"),
            after=field("a: {type: string, default: x}", "required: [a]"),
        ),
        speaks(
            "the custom resource in the repository sets it",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.required"),
            before=field("a: {type: string}") + MINE % "a: x",
            after=field("a: {type: string}", "required: [a]") + MINE % "a: x",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        quiet(
            "a field is no longer required",
            before=field("a: {type: string}", "required: [a]"),
            after=field("a: {type: string}"),
        ),
    ),
)
