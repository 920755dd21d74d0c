"""The data of a ConfigMap or Secret changes, or keys are added.

## Why it matters

Programs read their settings there, at their next start or immediately. A pod that is not replaced keeps the old values.

## What to do

Compare the change with the release notes, especially where you override a part of it.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_DATA = frozenset({"data", "binaryData", "stringData"})
_SWITCH = frozenset({"true", "false", "enabled", "disabled", "on", "off"})


def _picks(field: FieldChange, path: Path) -> bool:
    return path[:1] != () and path[0] in _DATA and not (field.new is MISSING and not path[2:])


def _grade(_change: ResourceChange, fields: list[FieldChange]) -> Severity | None:
    """A switch that flips is more than a value that is tuned."""
    return Severity.MEDIUM if any(_flips(field) for field in fields) else None


def _flips(field: FieldChange) -> bool:
    old, new = (str(value).lower() for value in (field.old, field.new))
    return old in _SWITCH and new in _SWITCH and old != new


check = object_check(
    _picks,
    FindingText(
        "its data changes",
        "Programs read the new settings, at their next start or immediately.",
        "Compare the change with the release notes.",
        grade=_grade,
    ),
)
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a%s}\ndata: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"ConfigMap", "Secret"}),
    cases=(
        speaks("a value changes", ("low", "data.a"), before=_MAP % ("", "a: x"), after=_MAP % ("", "a: y")),
        speaks(
            "a switch flips", ("medium", "data.a"), before=_MAP % ("", "a: 'true'"), after=_MAP % ("", "a: 'false'")
        ),
        quiet("a key goes", before=_MAP % ("", "a: x, b: y"), after=_MAP % ("", "a: x")),
    ),
)
