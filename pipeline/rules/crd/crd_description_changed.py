"""Descriptions in a CRD's schema change.

## Why it matters

It does not: descriptions are for people; custom resources behave as before.

## What to do

Nothing.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, quiet_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = quiet_check(
    keywords.prose_changed,
    CrdFindingText(
        lambda number: f"{counted(number, 'description')} reworded",
        "Nothing: descriptions are for people.",
        "Nothing to do.",
    ),
    prose=True,
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.OFF,
    whole=check,
    cases=(
        speaks(
            "a description is reworded",
            ("off", ""),
            before=field("a: {type: string, description: x}"),
            after=field("a: {type: string, description: y}"),
        ),
        quiet("a pattern is new", before=field("a: {type: string}"), after=field("a: {type: string, pattern: '^x'}")),
    ),
)
