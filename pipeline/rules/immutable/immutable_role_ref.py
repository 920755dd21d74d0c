"""A role binding refers to a different role.

## Why it matters

The API server rejects it: roleRef is immutable (rbac.authorization.k8s.io/v1).

## What to do

Delete the binding and apply the new one right after; in between its subjects lack the permissions. Or give the new
binding another name.
"""

from collections.abc import Iterator

from pipeline.core.analysis.immutable_fields import bodies, claims, differing, first_below, rejected
from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Body, Delivery
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import deletion


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    both, hook = bodies(change, hooks=True), change.resource.delivery is Delivery.HOOK
    if both is None:
        return
    paths = _refused(*both)
    if paths and hook:
        yield Hit(
            place(change.resource, first_below(change, paths[0])),
            title=f"{change.id.kind} {change.id.name}: roleRef changes; as a hook it is deleted and created again",
            impact="Its subjects have different permissions from then on.",
            fix="Check what the new role allows.",
            severity=Severity.LOW,
            claims=claims(change, *paths),
        )
    elif paths:
        fix = f"Delete the {change.id.kind} right before the apply, or give the new one another name."
        commands = (deletion(change.id.kind, change.id.name, namespace=change.id.namespace),)
        yield rejected(change, paths, (fix, commands))


def _refused(old: Body, new: Body) -> tuple[Path, ...]:
    return differing(old, new, ("roleRef",))


_BINDING = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nroleRef: {%s}\n"
_HOOK = _BINDING.replace("{name: a}", "{name: a, annotations: {helm.sh/hook: pre-upgrade}}")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    each=check,
    kinds=frozenset({"RoleBinding", "ClusterRoleBinding"}),
    cases=(
        speaks(
            "another role",
            ("blocker", "roleRef.name"),
            before=_BINDING % "kind: Role, name: a",
            after=_BINDING % "kind: Role, name: b",
        ),
        speaks(
            "a hook is deleted and created again",
            ("low", "roleRef.name"),
            before=_HOOK % "kind: Role, name: a",
            after=_HOOK % "kind: Role, name: b",
        ),
        quiet(
            "the group is spelled out",
            before=_BINDING % "kind: Role, name: a",
            after=_BINDING % "kind: Role, name: a, apiGroup: rbac.authorization.k8s.io",
        ),
    ),
)
