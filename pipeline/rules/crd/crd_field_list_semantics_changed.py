"""A list or map in a custom resource is merged by a different rule.

## Why it matters

``x-kubernetes-list-type``, its map keys and ``x-kubernetes-map-type`` decide how server-side apply merges several
writers, and which entries count as duplicates. A list with duplicate keys is rejected; owners of entries change.

## What to do

Check your lists for duplicates of the new keys before the upgrade.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.list_semantics_changed,
    CrdFindingText(
        lambda number: f"{counted(number, 'merge rule')} of a list or map changed",
        "Server-side apply merges the entries differently; duplicate keys are rejected.",
        "Check your lists for duplicates of the new keys.",
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
