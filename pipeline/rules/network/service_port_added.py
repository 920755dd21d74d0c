"""A Service has a new port.

## Why it matters

More can be reached through the Service.

## What to do

Check that network policies cover the port.
"""

from pipeline.core.analysis.change_text import entry_name
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return path[:2] == ("spec", "ports") and not path[3:] and field.old is MISSING


check = object_check(
    _picks,
    FindingText(
        "port {} added",
        "More can be reached through the Service.",
        "Check that network policies cover the port.",
        say=lambda _, field: entry_name(field),
    ),
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    each=check,
    kinds=frozenset({"Service"}),
    cases=(
        speaks(
            "a port is added",
            ("info", "spec.ports[port=81,protocol=TCP]"),
            before=_SERVICE % "ports: [{port: 80}]",
            after=_SERVICE % "ports: [{port: 80}, {port: 81}]",
        ),
        quiet(
            "a port is removed",
            before=_SERVICE % "ports: [{port: 80}, {port: 81}]",
            after=_SERVICE % "ports: [{port: 80}]",
        ),
    ),
)
