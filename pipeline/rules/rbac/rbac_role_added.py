"""A chart brings a new role or binding.

## Why it matters

Somebody may do what nobody was asked about. Wildcards, all Secrets, exec into pods, role bindings and admission
webhooks are as good as more than they seem, and a binding to cluster-admin is everything.

## What to do

Ask why it is needed; limit it by an overlay where it is not.
"""

from collections.abc import Iterator

from pipeline.core.analysis.rbac import grants
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.ADDED:
        return
    words = sorted({grant.dangerous for grant in grants(change.after) if grant.dangerous})
    role = mapping(change.resource.body.get("roleRef")).get("name")
    if role == "cluster-admin":
        words = ["everything: it binds cluster-admin"]
    yield Hit(
        at(change),
        title=f"{change.id.kind} {change.id.name} is new" + (f", and includes {', '.join(words)}" if words else ""),
        why="A break-in into whoever holds it reaches that far.",
        remedy="Ask why it is needed; limit it by an overlay where it is not.",
        severity=None if words else Severity.LOW,
    )


_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: [%s]\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    each=check,
    kinds=frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}),
    cases=(
        speaks("all Secrets", ("medium", ""), after=_ROLE % '{apiGroups: [""], resources: [secrets], verbs: [get]}'),
        speaks("ordinary rights", ("low", ""), after=_ROLE % '{apiGroups: [""], resources: [pods], verbs: [get]}'),
        quiet("it goes", before=_ROLE % '{apiGroups: [""], resources: [pods], verbs: [get]}'),
    ),
)
