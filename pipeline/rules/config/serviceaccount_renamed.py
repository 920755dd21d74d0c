"""The pods of workloads run as a different service account.

## Why it matters

Permissions are bound to the account's name: your role bindings, mesh policies, and cloud identities whose trust policy
names namespace and account. The pods start, but are denied what they did before.

## What to do

Keep the old name (``serviceAccount.name``), or add the new name to your bindings and trust policies first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.references import ACCOUNT
from pipeline.core.analysis.selection import around, home
from pipeline.core.analysis.service_accounts import bound, identity
from pipeline.core.diff.change import FieldChange, ResourceChange
from pipeline.core.diff.pod_fields import pod_fields
from pipeline.core.kube.resource import ResourceId
from pipeline.core.risk.finding import Place, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import listed

_DEFAULT = "default"
_Changes = list[tuple[ResourceChange, FieldChange]]


def check(upgrade: Upgrade) -> Iterator[Hit]:
    groups: dict[tuple[ResourceId, ResourceId], _Changes] = {}
    for change in upgrade.diff.changes:
        for field, below in pod_fields(change):
            if below == ("serviceAccountName",):
                namespace = home(change.resource, upgrade)
                pair = (_account(namespace, field.old), _account(namespace, field.new))
                groups.setdefault(pair, []).append((change, field))
    for (old, new), changes in sorted(groups.items()):
        yield _hit(old, new, changes, upgrade)


def _account(namespace: str, name: object) -> ResourceId:
    """What is not named is the namespace's own."""
    return ResourceId("", ACCOUNT, namespace, name if isinstance(name, str) and name else _DEFAULT)


def _hit(old: ResourceId, new: ResourceId, changes: _Changes, upgrade: Upgrade) -> Hit:
    places = [at(change, field) for change, field in changes]
    first = places[0].resource
    users = f"{first.kind} {first.name} runs"
    if len(places) > 1:
        users = f"{len(places)} workloads ({listed(place.resource.name for place in places)}) run"
    claims = tuple(Claim.of(change, field) for change, field in changes)
    if old == new:
        title, impact = (
            f"{users} as account {_DEFAULT} as before, now stated explicitly",
            "Nothing changes for the pods.",
        )
        return Hit(places[0], title, impact, "Nothing to do.", Severity.INFO, also=tuple(places[1:]), claims=claims)
    severity, impact, holders = _weight(old, upgrade)
    return Hit(
        places[0],
        title=f"{users} as service account {new.name} instead of {old.name}",
        impact=impact,
        fix=f"Keep the name (serviceAccount.name), or add {new.name} to your bindings and trust policies.",
        severity=severity,
        also=(*places[1:], *holders),
        claims=claims,
    )


def _weight(old: ResourceId, upgrade: Upgrade) -> tuple[Severity, str, list[Place]]:
    """More where the old account holds what the new one does not: a cloud identity, or bindings of others."""
    before, after = around(upgrade)
    accounts = {resource.id: resource for resource in (*before, *after) if resource.kind == ACCOUNT}
    if identity(accounts.get(old)):
        said = ", ".join(identity(accounts.get(old)))
        return Severity.HIGH, f"The trust policy behind {said} names {old.name}: cloud access is lost.", []
    others = upgrade.facts.repository_after
    holders = list(bound(old, others.resources)) if others else []
    if holders:
        return (
            Severity.HIGH,
            f"{holders[0].resource} of another release still grants its permissions to {old.name}.",
            holders,
        )
    if old.name == _DEFAULT:
        return (
            Severity.LOW,
            "Permissions that you granted to the namespace's default account no longer apply to its pods.",
            [],
        )
    return Severity.MEDIUM, f"Your bindings and cloud identities for {old.name} no longer apply to its pods.", []


_WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {%s}}}\n---\n"
_ACCOUNT = (
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, annotations: {eks.amazonaws.com/role-arn: 'arn:x'}}\n"
)
_PATH = "spec.template.spec.serviceAccountName"
_A, _B = _WEB % "serviceAccountName: a", _WEB % "serviceAccountName: b"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("serviceaccount-dangling",),
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("another account", ("medium", _PATH), before=_A, after=_B),
        speaks("the old account had a cloud identity", ("high", _PATH), before=_A + _ACCOUNT, after=_B),
        speaks(
            "two workloads are one finding",
            ("medium", _PATH),
            before=_A + _A.replace("web", "api"),
            after=_B + _B.replace("web", "api"),
        ),
        speaks("its own account instead of default", ("low", _PATH), before=_WEB % "hostPID: false", after=_A),
        quiet(
            "the deprecated field is removed",
            before=_WEB % "serviceAccountName: a, serviceAccount: a",
            after=_WEB % "serviceAccountName: a",
        ),
        quiet("only the old name of the field", before=_WEB % "serviceAccount: a", after=_A),
    ),
)
