"""The labels of an object change.

## Why it matters

Selectors that use them (monitors, prune scripts, dashboards) match different objects.

## What to do

Search your selectors for the old labels.
"""

from pipeline.core.analysis.grants import AGGREGATES
from pipeline.core.analysis.rule_helpers import FindingText, alike_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] == ("metadata", "labels") and not str(path[-1]).startswith(AGGREGATES)


check = alike_check(
    _picks,
    FindingText(
        "labels change",
        "Selectors that use them match different objects.",
        "Search your selectors for the old labels.",
    ),
)
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks(
            "a label is removed",
            ("info", "metadata.labels"),
            before=_MAP % (", labels: {a: b}", "a: x"),
            after=_MAP % ("", "a: x"),
        ),
        quiet(
            "a version label",
            before=_MAP % (", labels: {helm.sh/chart: a-1, a: b}", "a: x"),
            after=_MAP % (", labels: {helm.sh/chart: a-2, a: b}", "a: x"),
        ),
    ),
)
