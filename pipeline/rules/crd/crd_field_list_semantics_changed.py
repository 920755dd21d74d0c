"""A list or map in a custom resource is merged by another rule.

## Why it matters

``x-kubernetes-list-type``, its map keys and ``x-kubernetes-map-type`` say how server-side apply merges writers, and
which entries count as duplicates. A list with duplicates by the new keys is refused; owners of entries change.

## What to do

Check your lists for duplicates by the new keys before the upgrade.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.list_semantics_changed,
    CrdFindingText(
        lambda number: many(number, "merge rule of a list or map", "another"),
        "Server-side apply merges it differently; duplicates by the new keys are refused.",
        "Check your lists for duplicates by the new keys.",
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
            "a list becomes a set",
            (
                "low",
                "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.x-kubernetes-list-type",
            ),
            before=field("a: {type: array, items: {type: string}}"),
            after=field("a: {type: array, items: {type: string}, x-kubernetes-list-type: set}"),
        ),
        quiet(
            "what held anyway is written down",
            before=field("a: {type: array}"),
            after=field("a: {type: array, x-kubernetes-list-type: atomic}"),
        ),
        quiet(
            "only its description changes",
            before=field("a: {type: array, description: x}"),
            after=field("a: {type: array, description: y}"),
        ),
    ),
)
