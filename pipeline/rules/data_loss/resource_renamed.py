"""Objects are renamed: one is deleted and another is created.

All objects whose names change in the same way are one finding. References to the new names inside the release are not
reported separately. Names that end in a hash or a version are meant to change.

## Why it matters

A workload is stopped and started again, a Service gets another address and DNS name, and references to the old name
break.

## What to do

Keep the old name (fullnameOverride, nameOverride), or update what refers to it first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.removal import by_kind, grouped
from pipeline.core.diff.change import Action, FieldChange, ResourceChange
from pipeline.core.diff.generated_names import differing, same_stem
from pipeline.core.diff.reference_changes import FOLLOWED, Followed, followed
from pipeline.core.kube.resource import Delivery
from pipeline.core.risk.finding import Place, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, at, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_MANY_CALLED = "Deleted and created again: addresses and DNS names change, and references to the old names break."
_MANY = "Deleted and created again: references to the old names break."
_LOSS = {
    "Service": (Severity.HIGH, "Its address and DNS name change: clients of the old name fail."),
    "Secret": (Severity.MEDIUM, "Whatever reads the old one fails, immediately or at its next start."),
    "Deployment": (Severity.MEDIUM, "The old pods are deleted and new ones created; both may run for a while."),
    "DaemonSet": (Severity.MEDIUM, "The old pods are deleted and new ones created; both may run for a while."),
    "ServiceAccount": (Severity.MEDIUM, "Your bindings and cloud identities still name the old one."),
}
_AGAIN = (Severity.LOW, "The Job runs again under its new name; the old one is deleted with its log.")
_HOOK = (Severity.LOW, "Scripts that start the hook or read its log by its old name break.")
_OTHER = (Severity.MEDIUM, "One is deleted and another created: references to the old name break.")
_INSIDE = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "PodDisruptionBudget"})
"""Kinds that hardly anybody outside the chart names."""
_RUN = frozenset({"Pod", "Job"})
"""What runs once and ends, as a hook does."""
_Users = list[tuple[ResourceChange, FieldChange]]


def check(upgrade: Upgrade) -> Iterator[Hit]:
    renamed = [
        change
        for change in upgrade.diff.of_action(Action.RENAMED)
        if change.before and change.before.id.name != change.id.name
    ]
    for way, changes in grouped(renamed, _way).items():
        users = [user for change in changes for user in _users(change, upgrade)]
        yield _generated(changes, users) if way[0] == way[1] else _hit(changes, users)


def _old(change: ResourceChange) -> str:
    return change.before.id.name if change.before else ""


def _way(change: ResourceChange) -> tuple[str, ...]:
    """What the one name has and the other has not; nothing and nothing where both ends were generated."""
    if same_stem(_old(change), change.id.name):
        return "", "", change.id.kind
    return differing(_old(change), change.id.name)


def _hit(changes: list[ResourceChange], users: _Users) -> Hit:
    graded = [(_grade(change, users), change) for change in changes]
    (severity, impact), worst = max(graded, key=lambda item: item[0][0])
    title = f"{worst.id.kind} {_old(worst)} becomes {worst.id.name}"
    if len(changes) > 1:
        title = f"{by_kind(changes)} are renamed ({title})"
        impact = _MANY_CALLED if severity is Severity.HIGH else impact if worst.id.kind == "Job" else _MANY
    return Hit(
        at(worst),
        title=title,
        impact=impact,
        fix="Make sure that running the Job again does no harm."
        if worst.id.kind == "Job"
        else "Keep the old name (fullnameOverride), or update what refers to it first.",
        severity=severity,
        also=_places(changes, users, worst),
        claims=_claims(changes, users),
    )


def _grade(change: ResourceChange, users: _Users) -> tuple[Severity, str]:
    if change.resource.delivery is Delivery.HOOK and change.id.kind in _RUN:
        return _HOOK
    if users and change.id.kind in FOLLOWED:
        return Severity.LOW, "The workloads here use the new name; other references to the old name break."
    if change.id.kind in _INSIDE:
        return Severity.LOW, "The chart's own objects use the new name; other references to the old name break."
    return _AGAIN if change.id.kind == "Job" else _LOSS.get(change.id.kind, _OTHER)


def _generated(changes: list[ResourceChange], users: _Users) -> Hit:
    first = changes[0]
    title = f"{first.id.kind} {_old(first)} becomes {first.id.name}"
    return Hit(
        at(first),
        title=title if len(changes) == 1 else f"{by_kind(changes)} end in a different hash or version",
        impact="Names that end in a hash or version change with the content.",
        fix="Nothing to do, unless you refer to the old name yourself.",
        severity=Severity.INFO,
        also=_places(changes, users, first),
        claims=_claims(changes, users),
    )


def _places(changes: list[ResourceChange], users: _Users, first: ResourceChange) -> tuple[Place, ...]:
    new = [at(change) for change in changes if change is not first]
    old = [place(change.before) for change in (first, *changes) if change.before]
    return (*new, *dict.fromkeys(old), *(at(user, field) for user, field in users))


def _claims(changes: list[ResourceChange], users: _Users) -> tuple[Claim, ...]:
    own = [Claim(change.id, ("metadata", key)) for change in changes for key in ("name", "namespace")]
    return (*own, *(Claim.of(user, field) for user, field in users))


def _users(change: ResourceChange, upgrade: Upgrade) -> _Users:
    """The workloads of the release that named the old one and name the new one now."""
    if change.id.kind not in FOLLOWED or change.before is None:
        return []
    pair = Followed(change.before.id, change.id)
    return [(user, field) for user in upgrade.diff.changes for field, renamed in followed(user) if renamed == pair]


_TEST = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, annotations: {helm.sh/hook: test}}\n"
    "spec: {restartPolicy: Never, containers: [{name: t, image: 'x:1', args: [a, b]}]}\n"
)
_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {a: 1, b: 2, c: 3}\n"
_APP = (
    _SERVICE + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s}\n"
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\n"
    "spec: {selector: {matchLabels: {app: %s}}, template: {spec: {containers: [{name: a, image: 'x:1'}]}}}\n"
)
_CONFIG = (
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {%s}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, configMap: {name: %s}}]}}}\n"
)
_FIRST, _SECOND = _CONFIG % ("web-6ct58987ht", "a: x", "web-6ct58987ht"), _CONFIG % ("web-k2", "b: y", "web-k2")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    shares=("volumes-changed",),
    severity=Severity.HIGH,
    whole=check,
    cases=(
        speaks("a Service", ("high", ""), before=_SERVICE % "web", after=_SERVICE % "shop-web"),
        speaks(
            "all objects of an application are one finding",
            ("high", ""),
            before=_APP % (("web",) * 4),
            after=_APP % (("shop",) * 4),
        ),
        speaks("another hash", ("info", ""), before=_SERVICE % "web-5f0c9a1b", after=_SERVICE % "web-0a1b2c3d"),
        speaks(
            "another hash and other data", ("info", ""), before=_FIRST, after=_FIRST.replace("6ct58987ht", "9hkm2f7ctb")
        ),
        speaks("the workload refers to the new name", ("low", ""), before=_FIRST, after=_SECOND),
        speaks("a test", ("low", ""), before=_TEST % "web-test", after=_TEST % "web-test-connection"),
        quiet("two of a name", before=_SERVICE % "web", after=_SERVICE % "web"),
        quiet("another thing", before=_SERVICE % "web", after=(_SERVICE % "api").replace("1, b: 2", "9, b: 8")),
    ),
)
