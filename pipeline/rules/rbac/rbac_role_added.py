"""A role or binding is added.

## Why it matters

It grants new permissions. Wildcards, all Secrets, exec into pods, role bindings and admission webhooks grant more than
they seem to, and a binding to cluster-admin grants everything.

## What to do

Check whether the new permissions are needed; if not, limit them with an overlay.
"""

from collections.abc import Iterator

from pipeline.core.analysis.grants import grants, is_everyone
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is not Action.ADDED:
        return
    words = sorted({grant.dangerous for grant in grants(change.after) if grant.dangerous})
    everything = any((grant.group, grant.resource, grant.verb) == ("*", "*", "*") for grant in grants(change.after))
    role = mapping(change.resource.body.get("roleRef")).get("name")
    if role == "cluster-admin":
        words, everything = ["everything: it binds cluster-admin"], True
    everyone = sorted(name for name in map(_name, sequence(change.resource.body.get("subjects"))) if is_everyone(name))
    if everyone:
        words = [*words, f"everybody who is {listed(everyone)}"]
    yield Hit(
        at(change),
        title=f"{change.id.kind} {change.id.name} is added" + (f" and includes {', '.join(words)}" if words else ""),
        impact="An attacker who takes over one of its subjects has these permissions too.",
        fix="Check whether the new permissions are needed; if not, limit them with an overlay.",
        severity=Severity.HIGH if everything or everyone else None if words else Severity.LOW,
    )


def _name(subject: object) -> str:
    return str(mapping(subject).get("name") or "")


_BINDING = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}\nsubjects: [{kind: %s, name: %s}]\n"
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
        speaks("everything", ("high", ""), after=_ROLE % '{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}'),
        speaks(
            "a binding to cluster-admin", ("high", ""), after=_BINDING % ("cluster-admin", "ServiceAccount", "operator")
        ),
        speaks("everybody gets a role", ("high", ""), after=_BINDING % ("view", "Group", "'system:authenticated'")),
        speaks("a binding of an account", ("low", ""), after=_BINDING % ("view", "ServiceAccount", "operator")),
        quiet("it is removed", before=_ROLE % '{apiGroups: [""], resources: [pods], verbs: [get]}'),
    ),
)
