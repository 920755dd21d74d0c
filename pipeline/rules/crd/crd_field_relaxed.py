"""A CRD allows more than before: limits, patterns, required fields or listed values are gone.

## Why it matters

Nothing breaks now. Once custom resources make use of it, the old CRD would refuse them: a rollback may fail.

## What to do

Nothing; remember it when you roll back.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.rule_helpers import CrdFindingText, many, quiet_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

check = quiet_check(
    keywords.relaxed,
    CrdFindingText(
        lambda number: many(number, "constraint", "relaxed"),
        "Nothing breaks now; a rollback may, once custom resources make use of it.",
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
            "a pattern is dropped",
            ("info", ""),
            before=field("a: {type: string, pattern: '^x'}"),
            after=field("a: {type: string}"),
        ),
        quiet("a pattern is new", before=field("a: {type: string}"), after=field("a: {type: string, pattern: '^x'}")),
    ),
)
