"""A role that was bound in one namespace is bound in all of them.

## Why it matters

The subjects may do everywhere what they could do in their own namespace: read the Secrets of all, for example.

## What to do

Bind the role in the namespaces that need it, or have the program watch a single namespace.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_GROUP = "rbac.authorization.k8s.io"


class _Bound(NamedTuple):
    role: str
    subject: str


def check(upgrade: Upgrade) -> Iterator[Hit]:
    binding = {resource.id for resource in upgrade.before.manifests.resources}
    roles = {
        (role.kind, role.id.name): _rules(role) for side in (upgrade.before, upgrade.after) for role in _roles(side)
    }
    narrow = {bound for role_binding in _of(upgrade.before, "RoleBinding") for bound in _bound(role_binding, roles)}
    wide = {
        bound
        for cluster_binding in _of(upgrade.before, "ClusterRoleBinding")
        for bound in _bound(cluster_binding, roles)
    }
    for one in _of(upgrade.after, "ClusterRoleBinding"):
        widened = [bound for bound in _bound(one, roles) if bound in narrow and bound not in wide]
        if widened and one.id not in binding:
            yield Hit(
                place(one, ("roleRef",)),
                title=f"ClusterRoleBinding {one.id.name} binds in all namespaces what a RoleBinding bound in one",
                impact=f"{widened[0].subject} may do everywhere what it could do in one namespace.",
                fix="Bind the role where it is needed, or have the program watch a single namespace.",
            )


def _of(side: Any, kind: str) -> Iterator[Resource]:
    return (resource for resource in side.manifests.resources if resource.kind == kind and resource.id.group == _GROUP)


def _roles(side: Any) -> Iterator[Resource]:
    return (binding for kind in ("Role", "ClusterRole") for binding in _of(side, kind))


def _rules(role: Resource) -> str:
    return repr(role.body.get("rules"))


def _bound(binding: Resource, roles: dict[tuple[str, str], str]) -> Iterator[_Bound]:
    """What it binds, by the rules where they are known: a Role and a ClusterRole with the same rules are one."""
    ref = mapping(binding.body.get("roleRef"))
    kind, name = str(ref.get("kind")), str(ref.get("name"))
    role = roles.get((kind, name), f"{kind}/{name}")
    for subject in map(mapping, sequence(binding.body.get("subjects"))):
        yield _Bound(role, f"{subject.get('kind')} {subject.get('name')}")


_ROLE = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: %s\nmetadata: {name: r}\n"
    "rules: [{apiGroups: [''], resources: [%s], verbs: [get]}]\n---\n"
)
_BIND = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: %s\nmetadata: {name: b}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: %s, name: r}\n"
    "subjects: [{kind: ServiceAccount, name: web, namespace: shop}]\n---\n"
)
_NARROW = _ROLE % ("Role", "pods") + _BIND % ("RoleBinding", "Role")
_WIDE = _ROLE % ("ClusterRole", "pods") + _BIND % ("ClusterRoleBinding", "ClusterRole")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    shares=("rbac-role-added", "resource-kind-changed"),
    cases=(
        speaks("a Role becomes a ClusterRole", ("high", "roleRef"), before=_NARROW, after=_WIDE),
        quiet("other rules", before=_NARROW, after=_WIDE.replace("pods", "nodes")),
        quiet("it was bound everywhere", before=_NARROW + _WIDE, after=_WIDE),
        quiet("the other way", before=_WIDE, after=_NARROW),
    ),
)
