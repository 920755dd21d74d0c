"""A NetworkPolicy's rules or selectors changed.

## Why it matters

Traffic that was allowed may be blocked, or more may be allowed.

## What to do

Compare peers and ports with the pods' real traffic, including DNS and metrics.
"""

from pipeline.core.analysis.rule_helpers import FindingText, object_check
from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[:1] == ("spec",)


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    """The direction, where all that changes are entries of lists that keep other entries."""
    whole = all(
        field.path[1:2] in (("ingress",), ("egress",)) and not isinstance(field.path[-1], str) for field in fields
    )
    ops = {field.op for field in fields}
    if whole and ops == {Op.ADDED}:
        return "More traffic is allowed.", _COMPARE
    if whole and ops == {Op.REMOVED}:
        return "Traffic that was allowed may be blocked.", _COMPARE
    return None


_COMPARE = "Compare peers and ports with the pods' real traffic, including DNS and metrics."

check = object_check(
    _picks,
    FindingText(
        "rules or selectors change",
        "Traffic that was allowed may be blocked, or more may be allowed.",
        _COMPARE,
        advise=_advise,
    ),
)
_POLICY = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {%s}\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"NetworkPolicy"}),
    cases=(
        speaks(
            "another port",
            ("medium", "spec.ingress[0].ports[port=80,protocol=TCP]"),
            before=_POLICY % "ingress: [{ports: [{port: 80}]}]",
            after=_POLICY % "ingress: [{ports: [{port: 81}]}]",
        ),
        speaks(
            "one more port",
            ("medium", "spec.ingress[0].ports[port=81,protocol=TCP]"),
            before=_POLICY % "ingress: [{ports: [{port: 80}]}]",
            after=_POLICY % "ingress: [{ports: [{port: 80}, {port: 81}]}]",
        ),
        speaks(
            "all ports before, one port after",
            ("medium", "spec.ingress[0].ports"),
            before=_POLICY % "ingress: [{from: [{podSelector: {}}]}]",
            after=_POLICY % "ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]",
        ),
        speaks(
            "an empty list of ports, which allows all, gets a port",
            ("medium", "spec.ingress[0].ports"),
            before=_POLICY % "ingress: [{from: [{podSelector: {}}], ports: []}]",
            after=_POLICY % "ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]",
        ),
        quiet(
            "the same",
            before=_POLICY % "ingress: [{ports: [{port: 80}]}]",
            after=_POLICY % "ingress: [{ports: [{port: 80}]}]",
        ),
    ),
)
