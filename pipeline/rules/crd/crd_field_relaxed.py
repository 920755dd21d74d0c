"""A CRD allows more than before: limits, patterns, required fields or lists of values are removed.

## Why it matters

Nothing breaks now. Once custom resources make use of it, the old CRD rejects them: a rollback may fail.

## What to do

Nothing; remember it if you roll back.
"""

from pipeline.core.crd.case_crds import field
from pipeline.core.crd.keyword_rule_helpers import CrdFindingText, quiet_check
from pipeline.core.crd.schema import relaxations
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import counted

check = quiet_check(
    relaxations.relaxed,
    CrdFindingText(
        lambda number: f"{counted(number, 'constraint')} relaxed",
        "Nothing breaks now; a rollback may fail once custom resources make use of it.",
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
            "a pattern is dropped",
            ("info", ""),
            before=field("a: {type: string, pattern: '^x'}"),
            after=field("a: {type: string}"),
        ),
        quiet("a pattern is new", before=field("a: {type: string}"), after=field("a: {type: string, pattern: '^x'}")),
    ),
)
