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


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    """The direction, where all changes are of the numbers and go one way."""
    looser = {_loosens(field) for field in fields}
    if looser == {True}:
        return "A node drain stops more pods at once.", _COMPARE
    if looser == {False}:
        return "A node drain stops fewer pods at once, or waits until more are ready.", _COMPARE
    return None


def _loosens(field: FieldChange) -> bool | None:
    """Whether more pods may be stopped; None where that cannot be told (a number against a percentage)."""
    numbers = [_number(side) for side in (field.old, field.new)]
    if field.path[-1] not in ("minAvailable", "maxUnavailable") or None in numbers:
        return None
    (old, unit), (new, other) = (number or (0, "") for number in numbers)
    return (new > old) == (field.path[-1] == "maxUnavailable") if unit == other else None


def _number(value: object) -> tuple[int, str] | None:
    """``"50%"`` as 50 and a per cent sign, 2 as 2 and nothing."""
    text = str(value)
    digits = text.removesuffix("%")
    return (int(digits), text[len(digits) :]) if digits.isascii() and digits.isdigit() else None


_COMPARE = "Compare the budget with the number of replicas."

check = object_check(
    _picks,
    FindingText(
        "disruption budget changes",
        "A node drain stops more pods at once, or is blocked.",
        _COMPARE,
        advise=_advise,
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
        speaks(
            "more must stay",
            ("low", "spec.minAvailable"),
            before=_PDB % "minAvailable: 50%",
            after=_PDB % "minAvailable: 80%",
        ),
        speaks(
            "a number becomes a percentage",
            ("low", "spec.maxUnavailable"),
            before=_PDB % "maxUnavailable: 2",
            after=_PDB % "maxUnavailable: 80%",
        ),
        quiet("the same", before=_PDB % "minAvailable: 2", after=_PDB % "minAvailable: 2"),
    ),
)
