"""A Service's port changes its target or protocol.

## Why it matters

If the pods do not listen on the new port, connections are refused. A mesh or load balancer may treat a different
protocol differently.

## What to do

Check that the containers listen there.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:2] == ("spec", "ports") and bool(path[3:]) and path[3:] != ("name",)


check = object_check(
    _picks,
    FindingText(
        "port target or protocol changes",
        "If the pods do not listen there, connections are refused.",
        "Check that the containers listen there.",
    ),
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    each=check,
    kinds=frozenset({"Service"}),
    cases=(
        speaks(
            "another target",
            ("low", "spec.ports[port=80,protocol=TCP].targetPort"),
            before=_SERVICE % "ports: [{port: 80, targetPort: 1}]",
            after=_SERVICE % "ports: [{port: 80, targetPort: 2}]",
        ),
        quiet(
            "another name",
            before=_SERVICE % "ports: [{port: 80, name: http}]",
            after=_SERVICE % "ports: [{port: 80, name: web}]",
        ),
    ),
)
