"""A role grants less than before.

## Why it matters

Every subject bound to the role loses the permissions: your own accounts that use the role, and pods of the old version
that still run during the rollout.

## What to do

Search for your own accounts bound to the role, and give them their own role.
"""

from collections.abc import Iterator

from pipeline.core.analysis.grants import Grant, beyond, by_resource, grants
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action in (Action.ADDED, Action.REMOVED) or not any(change.under("rules")):
        return
    before, after = grants(change.before), grants(change.after)
    lost = beyond(before, after)
    if not lost:
        return
    yield Hit(
        place(change.resource, ("rules",)),
        title=f"{change.id.kind} {change.id.name} loses: {by_resource(lost)}",
        impact="Subjects that need these permissions are denied, including old pods during the rollout.",
        fix="Search for your own accounts bound to the role, and give them their own role.",
        severity=Severity.LOW if _only_renamed(before, after) else None,
        claims=(Claim(change.id, ("rules",)),),
    )


def _only_renamed(before: frozenset[Grant], after: frozenset[Grant]) -> bool:
    """Whether each resource that loses a verb is still granted in another group (an API that moved)."""
    removed, gained = beyond(before, after), beyond(after, before)
    return {(g.resource, g.verb) for g in removed} <= {(g.resource, g.verb) for g in gained}


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
        speaks(
            "a verb is removed",
            ("medium", "rules"),
            before=_ROLE % ("pods", "get, list"),
            after=_ROLE % ("pods", "get"),
        ),
        quiet("a wildcard covers it", before=_ROLE % ("pods", '"*", get'), after=_ROLE % ("pods", '"*"')),
        quiet("in another order", before=_ROLE % ("pods, nodes", "get"), after=_ROLE % ("nodes, pods", "get")),
    ),
)
