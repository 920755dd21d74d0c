"""Pods get the token of their service account, or no longer get it.

## Why it matters

An attacker who breaks into a pod can use its token. Without it, a program cannot call the API server. The pod's own
setting takes precedence over that of its service account.

## What to do

Pods that call the API server need the token; for others set ``automountServiceAccountToken: false``.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.rule_helpers import FindingText, alike_check
from pipeline.core.analysis.selection import home
from pipeline.core.diff.change import FieldChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.pods import pod_spec
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KEY = "automountServiceAccountToken"
_WHERE = frozenset({(), ("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec")})
"""Of a ServiceAccount, and of pods."""


def _picks(_field: FieldChange, path: Path) -> bool:
    return path[-1:] == (_KEY,) and path[:-1] in _WHERE


def _advise(fields: list[FieldChange]) -> tuple[str, str] | None:
    if any(field.new is False for field in fields):
        return None
    return (
        "An attacker who takes over one of the pods can use the token.",
        f"Set {_KEY} to false if the program does not call the API server.",
    )


_told = alike_check(
    _picks,
    FindingText(
        "mounting of the account's token changes",
        "Without the token, a program cannot call the API server.",
        "Check whether the program calls the API server: only then does it need the token.",
        advise=_advise,
    ),
)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    """Who has roles calls the API server, and fails without a token."""
    used = {
        (str(subject.get("namespace") or home(binding, upgrade)), str(subject.get("name")))
        for binding in upgrade.after.manifests.resources
        if binding.kind in ("RoleBinding", "ClusterRoleBinding")
        for subject in map(mapping, sequence(binding.body.get("subjects")))
        if subject.get("kind") == "ServiceAccount"
    }
    unmounted = {
        (change.id.kind, change.id.name)
        for change in upgrade.diff.changes
        if change.after is not None and (home(change.after, upgrade), _account(change.after)) in used
        for field in change.fields
        if _picks(field, field.path) and field.new is False
    }
    for hit in _told(upgrade):
        places = (hit.place, *hit.also)
        grave = any((place.resource.kind, place.resource.name) in unmounted for place in places)
        yield replace(hit, severity=Severity.MEDIUM) if grave else hit


def _account(resource: Resource) -> str:
    """The account of a workload's pods, or the account itself."""
    if resource.kind == "ServiceAccount":
        return resource.id.name
    return str(pod_spec(resource).get("serviceAccountName") or "default")


_ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {containers: [{name: a, image: 'x:1'}]%s}}}\n"
)
_BINDING = "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: web}\n"
_BINDING += "roleRef: {kind: Role, name: web}\nsubjects: [{kind: ServiceAccount, name: web}]\n"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.LOW,
    whole=check,
    cases=(
        speaks(
            "pods no longer get a token",
            ("low", "automountServiceAccountToken"),
            before=_ACCOUNT,
            after=_ACCOUNT + "automountServiceAccountToken: false\n",
        ),
        speaks(
            "pods get a token again",
            ("low", "automountServiceAccountToken"),
            before=_ACCOUNT + "automountServiceAccountToken: false\n",
            after=_ACCOUNT,
        ),
        speaks(
            "the pods of one workload no longer get a token",
            ("low", "spec.template.spec.automountServiceAccountToken"),
            before=_WEB % "",
            after=_WEB % ", automountServiceAccountToken: false",
        ),
        speaks(
            "pods whose account has a role no longer get a token",
            ("medium", "spec.template.spec.automountServiceAccountToken"),
            before=_WEB % ", serviceAccountName: web" + _BINDING,
            after=_WEB % ", serviceAccountName: web, automountServiceAccountToken: false" + _BINDING,
        ),
        quiet(
            "an account's default is spelled out",
            before=_ACCOUNT,
            after=_ACCOUNT + "automountServiceAccountToken: true\n",
        ),
        quiet("another name", before=_ACCOUNT, after=_ACCOUNT.replace("web", "api")),
    ),
)
