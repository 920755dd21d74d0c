"""The format that a custom resource's field must have is new or another.

## Why it matters

Of formats that the API server knows (date-time, duration, uuid, int32 and their like), a value that does not have it is
refused; formats that it does not know only annotate. ``int32`` and ``int64`` differ at the edge of their ranges alone.

## What to do

Compare the values in your custom resources with the format.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, fields_check, many
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = fields_check(
    keywords.format_changed,
    CrdFindingText(
        lambda number: many(number, "field", "held to a new format"),
        "A value of another format is refused, where the API server knows the format.",
        "Compare the values in your custom resources with it.",
    ),
)
_PATH = "spec.versions[name=v1].schema.openAPIV3Schema.properties.spec.properties.a.format"
_PLAIN, _TIME = field("a: {type: string}"), field("a: {type: string, format: date-time}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    confidence=Confidence.LIKELY,
    whole=check,
    cases=(
        speaks("a format is new", ("low", _PATH), before=_PLAIN, after=_TIME),
        speaks("it is another", ("low", _PATH), before=_TIME, after=field("a: {type: string, format: date}")),
        quiet("a format goes", before=_TIME, after=_PLAIN),
        quiet("a pattern is new", before=_PLAIN, after=field("a: {type: string, pattern: '^x'}")),
    ),
)
