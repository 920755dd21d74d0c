"""A part of a custom resource becomes an embedded Kubernetes object, or is no longer one.

## Why it matters

The API server requires apiVersion and kind of an embedded object (``x-kubernetes-embedded-resource``) and validates
its metadata. If the part is no longer one, those three are ordinary fields, and are dropped unless the schema has them.

## What to do

Give embedded objects their apiVersion and kind.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.embedded_changed,
    CrdFindingText(
        lambda number: f"{counted(number, 'embedded object')} changed",
        "apiVersion, kind and metadata become required there, or are dropped if the schema lacks them.",
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
        speaks("it becomes an embedded object", ("low", _PATH), before=_FREE, after=_OBJECT),
        speaks("it is no longer an embedded object", ("low", _PATH), before=_OBJECT, after=_FREE),
        quiet("it stays an embedded object", before=_OBJECT, after=_MORE),
    ),
)
