"""The format required of a custom resource's field is added or changed.

## Why it matters

If the API server knows the format (date-time, duration, uuid, int32 and the like), it rejects a value that does not
have it; it ignores formats that it does not know. ``int32`` and ``int64`` only differ in their ranges.

## What to do

Compare the values in your custom resources with the format.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, fields_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = fields_check(
    keywords.format_changed,
    CrdFindingText(
        lambda number: f"format of {counted(number, 'field')} added or changed",
        "If the API server knows the format, it rejects values that do not have it.",
        "Compare the values in your custom resources with the format.",
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
        quiet("a format is removed", before=_TIME, after=_PLAIN),
        quiet("a pattern is new", before=_PLAIN, after=field("a: {type: string, pattern: '^x'}")),
    ),
)
