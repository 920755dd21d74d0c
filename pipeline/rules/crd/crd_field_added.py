"""A CRD's schema has new fields.

## Why it matters

Nothing breaks: existing custom resources stay valid. After a rollback of the CRD, the new fields are dropped from
custom resources that set them.

## What to do

Nothing, unless you want to use them.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, quiet_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = quiet_check(
    keywords.field_added,
    CrdFindingText(
        lambda number: f"{counted(number, 'field')} added",
        "Nothing breaks; a rollback drops the new fields from custom resources that set them.",
        "Nothing to do.",
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
            "a field is removed", before=field("a: {type: string}, b: {type: string}"), after=field("a: {type: string}")
        ),
    ),
)
