"""A Service's port is renamed.

## Why it matters

Monitors, Ingresses and routes refer to ports by name; a mesh derives the protocol from it.

## What to do

Search them for the old name; set appProtocol if a mesh needs the protocol.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] == ("spec", "ports") and path[3:] == ("name",)


check = object_check(
    _picks,
    FindingText(
        "port renamed",
        "Monitors, Ingresses and routes may refer to it by name; a mesh derives the protocol from it.",
        "Search your monitors, Ingresses and routes for the old name.",
    ),
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"Service"}),
    cases=(
        speaks(
            "another name",
            ("medium", "spec.ports[port=80,protocol=TCP].name"),
            before=_SERVICE % "ports: [{port: 80, name: http}]",
            after=_SERVICE % "ports: [{port: 80, name: web}]",
        ),
        quiet(
            "another target",
            before=_SERVICE % "ports: [{port: 80, targetPort: 1}]",
            after=_SERVICE % "ports: [{port: 80, targetPort: 2}]",
        ),
    ),
)
