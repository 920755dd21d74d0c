"""A custom resource's field allows more values than before.

## Why it matters

Existing custom resources stay valid. Once a new value is used, the old CRD rejects it after a rollback, and programs
that read the field may not know it.

## What to do

Nothing before the upgrade; let readers of the field tolerate values they do not know.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, quiet_check
from pipeline.core.crd.schema import keywords
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = quiet_check(
    keywords.enum_widened,
    CrdFindingText(
        lambda number: f"{counted(number, 'allowed value')} added",
        "Existing custom resources stay valid; after a rollback, those that use a new value are rejected.",
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
            "a value is added to the list",
            ("info", ""),
            before=field("a: {type: string, enum: [x]}"),
            after=field("a: {type: string, enum: [x, y]}"),
        ),
        quiet(
            "a value is removed from the list",
            before=field("a: {type: string, enum: [x, y]}"),
            after=field("a: {type: string, enum: [x]}"),
        ),
        quiet(
            "the list is in another order",
            before=field("a: {type: string, enum: [y, x]}"),
            after=field("a: {type: string, enum: [x, y]}"),
        ),
    ),
)
