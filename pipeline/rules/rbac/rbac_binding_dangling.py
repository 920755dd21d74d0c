"""A binding refers to a role or a service account that the upgrade removes.

## Why it matters

Without its role a binding grants nothing. If the pods now run as a different account, they have lost these permissions.
Otherwise anyone who creates an account of that name gets them.

## What to do

Change the binding to the new role or account, or delete it too.
"""

from collections.abc import Iterator

from pipeline.core.analysis.dangling import dangling
from pipeline.core.analysis.references import Reference
from pipeline.core.kube.path import Entry
from pipeline.core.kube.pods import WORKLOADS, pod_spec
from pipeline.core.kube.resource import Resource, ResourceId, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_BINDINGS = frozenset({"RoleBinding", "ClusterRoleBinding"})
_GROUP = "rbac.authorization.k8s.io"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for binding, reference in dangling(upgrade, _BINDINGS, _named):
        target = reference.id
        head = f"{binding.kind} {binding.id.name} refers to {target.kind} {target.name}, which is no longer rendered"
        if target.kind != "ServiceAccount":
            impact, severity = "It grants nothing, unless the role exists elsewhere.", Severity.HIGH
        elif user := _deprived(binding, target, upgrade):
            impact, severity = f"{user} now runs as a different account, which lacks these permissions.", Severity.HIGH
        else:
            impact, severity = "Anyone who creates an account of that name gets its permissions.", Severity.LOW
        fix = f"Change the binding to the new {target.kind}, or delete it too."
        yield Hit(place(binding, reference.path), title=head, impact=impact, fix=fix, severity=severity)


def _named(binding: Resource) -> Iterator[Reference]:
    role = mapping(binding.body.get("roleRef"))
    namespace = binding.id.namespace if role.get("kind") == "Role" else ""
    yield Reference(ResourceId(_GROUP, str(role.get("kind")), namespace, str(role.get("name"))), ("roleRef",))
    for subject in map(mapping, sequence(binding.body.get("subjects"))):
        if subject.get("kind") == "ServiceAccount" and subject.get("namespace"):
            step = Entry.of(kind="ServiceAccount", namespace=subject["namespace"], name=subject.get("name"))
            target = ResourceId("", "ServiceAccount", str(subject["namespace"]), str(subject.get("name")))
            yield Reference(target, ("subjects", step))


def _deprived(binding: Resource, account: ResourceId, upgrade: Upgrade) -> str:
    """A workload that ran as the account, and runs as one that this binding does not name; empty where none does."""
    bound = {reference.id for reference in _named(binding)}
    olds = upgrade.before.manifests.by_id()
    for resource in upgrade.after.manifests.resources:
        old = olds.get(resource.id)
        ran_as = _account(old) if resource.kind in WORKLOADS and old is not None else None
        if ran_as == account and _account(resource) not in bound:
            return f"{resource.kind} {resource.id.name}"
    return ""


def _account(workload: Resource) -> ResourceId:
    name = str(pod_spec(workload).get("serviceAccountName") or "default")
    return ResourceId("", "ServiceAccount", workload.id.namespace, name)


_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s}\n---\n"
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {serviceAccountName: %s}}}\n---\n"
)
_BINDING = (
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
    "roleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: ServiceAccount, name: a, namespace: shop}]\n"
)
_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n---\n"
_SUBJECT = "subjects[kind=ServiceAccount,namespace=shop,name=a]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks(
            "the workload has another account",
            ("high", _SUBJECT),
            before=_ACCOUNT % "a" + _WEB % "a" + _BINDING,
            after=_ACCOUNT % "b" + _WEB % "b" + _BINDING,
        ),
        speaks("the account is removed", ("low", _SUBJECT), before=_ACCOUNT % "a" + _BINDING, after=_BINDING),
        speaks("the role is removed", ("high", "roleRef"), before=_ROLE + _BINDING, after=_BINDING),
        quiet("neither was ever rendered", before=_BINDING, after=_BINDING),
        quiet("the binding is also removed", before=_ACCOUNT % "a" + _BINDING, after=""),
    ),
)
