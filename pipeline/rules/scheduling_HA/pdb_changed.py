"""A disruption budget's settings change.

## Why it matters

With a looser budget a node drain stops more pods at once; a tighter one may block every drain.

## What to do

Compare the budget with the number of replicas.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("spec",)


check = object_check(
    _picks,
    FindingText(
        "disruption budget changes",
        "A node drain stops more pods at once, or is blocked.",
        "Compare the budget with the number of replicas.",
    ),
)
_PDB = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"PodDisruptionBudget"}),
    cases=(
        speaks(
            "fewer must stay",
            ("low", "spec.minAvailable"),
            before=_PDB % "minAvailable: 2",
            after=_PDB % "minAvailable: 1",
        ),
        quiet("the same", before=_PDB % "minAvailable: 2", after=_PDB % "minAvailable: 2"),
    ),
)
