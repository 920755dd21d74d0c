"""What a ConfigMap or Secret holds changes, or it holds more.

## Why it matters

Programs read their settings there, at their next start or at once. A pod that is not replaced keeps what it read.

## What to do

Read the difference against the release notes, above all where you override a part of it.
"""

from pipeline.core.change import MISSING, FieldChange
from pipeline.core.finding import Severity
from pipeline.core.path import Path
from pipeline.core.path_rule import Words, object_check
from pipeline.core.rule import Rule, quiet, speaks

_DATA = frozenset({"data", "binaryData", "stringData"})


def _picks(field: FieldChange, path: Path) -> bool:
    return path[:1] != () and path[0] in _DATA and not (field.new is MISSING and not path[2:])


check = object_check(
    _picks,
    Words(
        "what it holds changes",
        "Programs read their settings there, at their next start or at once.",
        "Read the difference against the release notes.",
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
        speaks("a value changes", *[("low", "data.a")], before=_MAP % ("", "a: x"), after=_MAP % ("", "a: y")),
        quiet("a key goes", before=_MAP % ("", "a: x, b: y"), after=_MAP % ("", "a: x")),
    ),
)
