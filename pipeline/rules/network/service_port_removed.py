"""A Service no longer has a port.

## Why it matters

Clients, Ingresses, routes, monitors and network policies that use it get no connection.

## What to do

Keep the old port for one release, or move its users first.
"""

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
        "a port is gone",
        "Whoever uses it gets no connection.",
        "Keep the old port for one release, or move its users first.",
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
            "a port goes",
            ("high", "spec.ports[port=81,protocol=TCP]"),
            before=_SERVICE % "ports: [{port: 80}, {port: 81}]",
            after=_SERVICE % "ports: [{port: 80}]",
        ),
        quiet(
            "a port comes", before=_SERVICE % "ports: [{port: 80}]", after=_SERVICE % "ports: [{port: 80}, {port: 81}]"
        ),
    ),
)
