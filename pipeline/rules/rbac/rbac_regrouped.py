"""A role's rules are written differently but grant the same permissions.

## Why it matters

It does not: the permissions are the same.

## What to do

Nothing.
"""

from collections.abc import Iterator

from pipeline.core.analysis.grants import beyond, grants
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_RULES: Path = ("rules",)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action in (Action.ADDED, Action.REMOVED) or not any(True for _ in change.under("rules")):
        return
    before, after = grants(change.before), grants(change.after)
    if not beyond(before, after) and not beyond(after, before):
        yield Hit(
            place(change.resource, _RULES),
            title=f"{change.id.kind} {change.id.name}: the same permissions, written differently",
            impact="Nothing: the permissions are the same.",
            fix="Nothing to do.",
            claims=(Claim(change.id, _RULES),),
        )


_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: [%s]\n"
_ONE = '{apiGroups: [""], resources: [pods, nodes], verbs: [get]}'
_TWO = '{apiGroups: [""], resources: [pods], verbs: [get]}, {apiGroups: [""], resources: [nodes], verbs: [get]}'

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    each=check,
    kinds=frozenset({"Role", "ClusterRole"}),
    cases=(
        speaks("one rule becomes two", ("info", "rules"), before=_ROLE % _ONE, after=_ROLE % _TWO),
        quiet("a right more", before=_ROLE % _ONE, after=(_ROLE % _ONE).replace("[get]", "[get, list]")),
    ),
)
