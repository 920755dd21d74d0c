"""A role or a binding is no longer rendered, or its scope changes.

## Why it matters

Its subjects lose the permissions: the chart's own pods, unless something else grants them, and your own accounts that
use the role. A Role instead of a ClusterRole grants permissions in one namespace only.

## What to do

Search for your own accounts bound to it, and give them their own role. If the scope shrinks, configure the program to
watch that namespace only.
"""

from collections.abc import Iterator

from pipeline.core.analysis.operator_owned import operated
from pipeline.core.analysis.removal import ROLES, grouped, kept, naming, not_replaced
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing, article

_CLUSTER = "Cluster"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    removed = [change for change in not_replaced(upgrade) if change.id.kind in ROLES and not operated(change.resource)]
    added = {(change.id.kind, change.id.name) for change in upgrade.diff.of_action(Action.ADDED)}
    for (_, keep, successor), group in grouped(removed, lambda one: _sort(one, added)).items():
        yield _hit(group, keep, successor)


def _sort(change: ResourceChange, added: set[tuple[str, str]]) -> tuple[str, str, str]:
    """Its kind, what keeps it, and the kind of the other scope that comes under its name."""
    kind = change.id.kind
    other = kind.removeprefix(_CLUSTER) if kind.startswith(_CLUSTER) else _CLUSTER + kind
    return kind, kept(change.resource), other if (other, change.id.name) in added else ""


def _hit(group: list[ResourceChange], keep: str, successor: str) -> Hit:
    verb = agreeing(len(group), "is")
    added = f"; {article(successor)} of the same name is" if successor else ""
    return Hit(
        at(group[0]),
        title=f"{naming(group)} {verb} no longer rendered{added}",
        impact=f"It stays in the cluster without an owner ({keep})." if keep else _why(successor),
        fix="Delete it by hand when it is no longer needed."
        if keep
        else "Search for your own accounts bound to it, and give them their own role.",
        severity=Severity.LOW if keep else None,
        also=tuple(at(change) for change in group[1:]),
    )


def _why(successor: str) -> str:
    if successor:
        return (
            "The permissions apply in every namespace from now on."
            if successor.startswith(_CLUSTER)
            else "The permissions apply in one namespace only from now on."
        )
    return "Its subjects lose the permissions."


_ROLE = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: %s\nmetadata: {name: a%s}\n"
    'rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n'
)
_KEEP = ", annotations: {helm.sh/resource-policy: keep}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks("a role is removed", ("medium", ""), before=_ROLE % ("ClusterRole", "")),
        speaks(
            "it now applies to one namespace",
            ("medium", ""),
            before=_ROLE % ("ClusterRole", ""),
            after=_ROLE % ("Role", ""),
        ),
        speaks("it is kept", ("low", ""), before=_ROLE % ("ClusterRole", _KEEP)),
        quiet("a role is added", after=_ROLE % ("ClusterRole", "")),
    ),
)
