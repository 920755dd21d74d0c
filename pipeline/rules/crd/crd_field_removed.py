"""A field of a custom resource is removed from its CRD's schema.

## Why it matters

The API server silently drops the field from every custom resource that sets it (structural schemas prune unknown
fields), or rejects the custom resource if fields are validated strictly. The setting is lost.

## What to do

Search your custom resources for the field, and move the setting to its replacement before the upgrade.
"""

from pipeline.core.crd.case_crds import MINE, field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check, of_status
from pipeline.core.crd.schema import keywords
from pipeline.core.crd.schema.changes import ChangedCrd, SchemaChange, holder_after
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

_PRESERVE = "x-kubernetes-preserve-unknown-fields"


def _grade(picked: list[SchemaChange], edited: ChangedCrd) -> Severity | None:
    """What a place takes whatever it is called stays there."""
    places = [holder_after(edited, change, "properties") for change in picked]
    accepts_any = all(where.get(_PRESERVE) is True or where.get("additionalProperties") for where in places)
    return Severity.LOW if accepts_any else of_status(picked, edited)


check = fields_check(
    keywords.field_removed,
    CrdFindingText(
        lambda number: f"{counted(number, 'field')} removed",
        "Custom resources that set it lose the setting silently, or are rejected by server-side apply.",
        "Search your custom resources for the field, and move the setting first.",
        grade=_grade,
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
            "a field is no longer known",
            ("high", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.size"),
            before=field("size: {type: integer}, a: {type: string}"),
            after=field("a: {type: string}"),
        ),
        speaks(
            "unknown fields are preserved there",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.size"),
            before=field("size: {type: integer}", "x-kubernetes-preserve-unknown-fields: true"),
            after=field("a: {type: string}", "x-kubernetes-preserve-unknown-fields: true"),
        ),
        speaks(
            "the custom resource in the repository does not set it",
            ("low", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.size"),
            before=field("size: {type: integer}, a: {type: string}"),
            after=field("a: {type: string}") + MINE % "a: x",
            facts={"repository_after": parse("", namespace="shop")},
        ),
        speaks(
            "only the chart's own custom resource is known",
            ("high", "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.size"),
            before=field("size: {type: integer}, a: {type: string}"),
            after=field("a: {type: string}") + MINE % "a: x",
        ),
        quiet("a field is new", before=field("a: {type: string}"), after=field("a: {type: string}, b: {type: string}")),
    ),
)
