"""A CRD's schema knows more fields than before.

## Why it matters

Nothing breaks: what exists stays valid. A rollback of the CRD drops these fields again from resources that set them.

## What to do

Nothing, unless you want to use them.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, many, quiet_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = quiet_check(
    keywords.field_added,
    CrdFindingText(
        lambda number: many(number, "field", "new"),
        "Existing custom resources stay as they are; a rollback drops the new fields.",
        "Nothing.",
    ),
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a field is new",
            ("info", ""),
            before=field("a: {type: string}"),
            after=field("a: {type: string}, b: {type: string}"),
        ),
        quiet(
            "a field is gone", before=field("a: {type: string}, b: {type: string}"), after=field("a: {type: string}")
        ),
    ),
)
