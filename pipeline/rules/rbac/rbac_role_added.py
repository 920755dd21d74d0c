"""A role or binding is added.

## Why it matters

It grants new permissions. Wildcards, all Secrets, exec into pods, role bindings and admission webhooks grant more than
they seem to, and a binding to cluster-admin grants everything.

## What to do

Check whether the new permissions are needed; if not, limit them with an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.grants import grants
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
        title=f"{change.id.kind} {change.id.name} is added" + (f" and includes {', '.join(words)}" if words else ""),
        impact="An attacker who takes over one of its subjects has these permissions too.",
        fix="Check whether the new permissions are needed; if not, limit them with an overlay.",
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
        speaks("ordinary permissions", ("low", ""), after=_ROLE % '{apiGroups: [""], resources: [pods], verbs: [get]}'),
        quiet("it is removed", before=_ROLE % '{apiGroups: [""], resources: [pods], verbs: [get]}'),
    ),
)
