"""A port is removed from a Service.

## Why it matters

Clients, Ingresses, routes and monitors that use it can no longer connect.

## What to do

Keep the old port for one release, or move its users first.
"""

from pipeline.core.analysis.change_text import entry_name
from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import MISSING, Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(field: FieldChange, path: Path) -> bool:
    return path[:2] == ("spec", "ports") and not path[3:] and field.new is MISSING


check = object_check(
    _picks,
    FindingText(
        "port {} removed",
        "Clients that use it can no longer connect.",
        "Keep the old port for one release, or move its users first.",
        say=lambda _, field: entry_name(field),
    ),
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    kinds=frozenset({"Service"}),
    cases=(
        speaks(
            "a port is removed",
            ("high", "spec.ports[port=81,protocol=TCP]"),
            before=_SERVICE % "ports: [{port: 80}, {port: 81}]",
            after=_SERVICE % "ports: [{port: 80}]",
        ),
        quiet(
            "a port is added",
            before=_SERVICE % "ports: [{port: 80}]",
            after=_SERVICE % "ports: [{port: 80}, {port: 81}]",
        ),
    ),
)
