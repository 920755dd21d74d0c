"""A part of a custom resource becomes a Kubernetes object of its own, or is none any more.

## Why it matters

Of an embedded object (``x-kubernetes-embedded-resource``) the API server asks apiVersion and kind, and checks its
metadata; where it is none any more, those three are fields like others, and are dropped unless the schema names them.

## What to do

Give embedded objects their apiVersion and kind.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.embedded_changed,
    CrdFindingText(
        lambda number: many(number, "place", "taken for an embedded object, or for none any more"),
        "apiVersion, kind and metadata are asked for there, or dropped unless the schema names them.",
        "Give embedded objects their apiVersion and kind.",
    ),
)
_PATH = "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.x-kubernetes-embedded-resource"
_KEPT = "type: object, x-kubernetes-preserve-unknown-fields: true"
_FREE = field(f"a: {{{_KEPT}}}")
_OBJECT = field(f"a: {{{_KEPT}, x-kubernetes-embedded-resource: true}}")
_MORE = field(f"a: {{{_KEPT}, x-kubernetes-embedded-resource: true}}, b: {{type: string}}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks("it becomes an object", ("low", _PATH), before=_FREE, after=_OBJECT),
        speaks("it is none any more", ("low", _PATH), before=_OBJECT, after=_FREE),
        quiet("it stays one", before=_OBJECT, after=_MORE),
    ),
)
