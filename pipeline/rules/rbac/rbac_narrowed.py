"""A role grants less than before.

## Why it matters

Every subject bound to the role loses it: in-house accounts that borrowed the role, and pods of the old version that
still run during the rollout.

## What to do

Search for accounts of yours bound to the role, and give them a role of their own.
"""

from collections.abc import Iterator

from pipeline.core.analysis.rbac import Grant, beyond, grants
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_SHOWN = 4


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action in (Action.ADDED, Action.REMOVED) or not any(change.under("rules")):
        return
    before, after = grants(change.before), grants(change.after)
    found = beyond(before, after)
    if not found:
        return
    yield Hit(
        place(change.resource, ("rules",)),
        title=f"{change.id.kind} {change.id.name} loses: {_listed(found)}",
        why="Whoever relied on it is refused, old pods already during the rollout.",
        remedy="Search for accounts of yours bound to the role; give them one of their own.",
        severity=Severity.LOW if _only_renamed(before, after) else None,
        claims=(Claim(change.id, ("rules",)),),
    )


def _listed(found: tuple[Grant, ...]) -> str:
    """``get, list pods; …``: verbs of one resource together."""
    verbs: dict[str, list[str]] = {}
    for grant in found:
        name = str(Grant(grant.group, grant.resource, "", grant.name)).strip()
        verbs.setdefault(name, []).append(grant.verb)
    rows = [f"{', '.join(words)} {name}" for name, words in verbs.items()]
    more = f" and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return "; ".join(rows[:_SHOWN]) + more


def _only_renamed(before: frozenset[Grant], after: frozenset[Grant]) -> bool:
    """Whether each resource that loses a verb is still granted in another group (an API that moved)."""
    lost, gained = beyond(before, after), beyond(after, before)
    return {(g.resource, g.verb) for g in lost} <= {(g.resource, g.verb) for g in gained}


_ROLE = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\n"
    'rules: [{apiGroups: [""], resources: [%s], verbs: [%s]}]\n'
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"Role", "ClusterRole"}),
    cases=(
        speaks("a verb less", ("medium", "rules"), before=_ROLE % ("pods", "get, list"), after=_ROLE % ("pods", "get")),
        quiet("a wildcard covers it", before=_ROLE % ("pods", '"*", get'), after=_ROLE % ("pods", '"*"')),
        quiet("in another order", before=_ROLE % ("pods, nodes", "get"), after=_ROLE % ("nodes, pods", "get")),
    ),
)
