"""Objects are added.

## Why it matters

They are created with the upgrade. If an object of the same name already exists, it is changed. Some affect more than
themselves: a workload needs capacity, permissions and images, and may have privileges on its nodes, a class or a quota
applies to the objects of others, and an Ingress or a load balancer opens access from outside.

## What to do

Check what is added, and that no object of that name exists already.
"""

from collections.abc import Iterator

from pipeline.core.analysis.added_effects import CLAIMS_INGRESSES, NO_EFFECT, SERVES_CLASS, AddedEffect, effect_of
from pipeline.core.analysis.removal import by_kind, grouped, kind_changes, naming, owners
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.pods import WORKLOADS
from pipeline.core.kube.resource import CRD_KIND, Delivery
from pipeline.core.render.manifests import parse
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing

_TAKEN = AddedEffect(
    None,
    "Both releases render it until the other one is upgraded, too.",
    "Apply both releases in one run, or remove it from the other one first.",
)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    told = {new.id for _, new in kind_changes(upgrade)}
    fresh = (one for one in upgrade.diff.of_action(Action.ADDED) if one.resource.delivery is not Delivery.HOOK)
    added = [one for one in fresh if one.id.kind != CRD_KIND and one.id not in told]
    others = upgrade.facts.repository_before
    owner = owners(others, added) if others else {}
    grown = any(resource.kind in WORKLOADS for resource in upgrade.before.manifests.resources)
    own = [one for one in added if one.id not in owner]
    for (_, effect), changes in grouped(
        own, lambda change: (change.id.kind, _effect(change, upgrade, grown=grown))
    ).items():
        yield _hit(changes, f"{naming(changes)} {agreeing(len(changes), 'is')} added", effect)
    taken = [one for one in added if one.id in owner]
    for release, changes in grouped(taken, lambda change: owner[change.id]).items():
        yield _hit(
            changes,
            f"{by_kind(changes)} {agreeing(len(changes), 'moves')} here from {release or 'another release'}",
            _TAKEN,
        )


def _effect(change: ResourceChange, upgrade: Upgrade, *, grown: bool) -> AddedEffect:
    """What a release that is new as a whole adds is what it was installed for; ``grown`` is one that had workloads."""
    effect = effect_of(change.resource) if grown else None
    first = effect is SERVES_CLASS and not any(upgrade.before.manifests.of_kind("IngressClass"))
    return CLAIMS_INGRESSES if first else effect or NO_EFFECT


def _hit(changes: list[ResourceChange], title: str, effect: AddedEffect) -> Hit:
    places = [at(change) for change in changes]
    return Hit(places[0], title, effect.impact, effect.fix, effect.severity, effect.confidence, also=tuple(places[1:]))


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s}\n"
_WEB = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: %s}\nspec: {replicas: 1}\n"
_CLASS = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: %s}\n"
_QUOTA = "---\napiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {hard: {pods: '3'}}\n"
_STORAGE = (
    "---\napiVersion: storage.k8s.io/v1\nkind: StorageClass\n"
    "metadata: {name: a, annotations: {storageclass.kubernetes.io/is-default-class: '%s'}}\n"
)
_POD = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: b}\nspec: {%s}\n"
_AGENT = "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: b}\nspec: {template: {spec: {%s}}}\n"
_CRON = (
    "---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: b}\n"
    "spec: {schedule: '@daily', jobTemplate: {spec: {template: {spec: {%s}}}}}\n"
)
_PRIVILEGED = "containers: [{name: a, securityContext: {privileged: true}}]"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.INFO,
    whole=check,
    cases=(
        speaks("a Service is added", ("info", ""), after=_SERVICE % "a"),
        speaks("a component is added", ("medium", ""), before=_WEB % "a", after=_WEB % "a" + _WEB % "b"),
        *(
            speaks(f"{title} is added", ("high", ""), before=_WEB % "a", after=_WEB % "a" + added)
            for title, added in (
                ("a privileged Pod", _POD % _PRIVILEGED),
                ("a privileged CronJob", _CRON % _PRIVILEGED),
                ("a DaemonSet that sees the node's processes", _AGENT % "hostPID: true"),
                ("a DaemonSet with a folder of the node", _AGENT % "volumes: [{name: v, hostPath: {path: /}}]"),
            )
        ),
        speaks(
            "a CronJob is added", ("info", ""), before=_WEB % "a", after=_WEB % "a" + _CRON % "restartPolicy: Never"
        ),
        speaks("a whole release is added", ("info", ""), after=_WEB % "a"),
        speaks("a controller gets a class", ("high", ""), before=_WEB % "a", after=_WEB % "a" + _CLASS % "a"),
        speaks(
            "another class is added",
            ("medium", ""),
            before=_WEB % "a" + _CLASS % "a",
            after=_WEB % "a" + _CLASS % "a" + _CLASS % "b",
        ),
        speaks("a quota is added", ("medium", ""), before=_WEB % "a", after=_WEB % "a" + _QUOTA),
        speaks("a storage class is added", ("info", ""), before=_WEB % "a", after=_WEB % "a" + _STORAGE % "false"),
        speaks("a default class is added", ("medium", ""), before=_WEB % "a", after=_WEB % "a" + _STORAGE % "true"),
        speaks(
            "a Service moves from another release",
            ("info", ""),
            after=_SERVICE % "a",
            facts={"repository_before": parse(_SERVICE % "a", namespace="shop", release="web")},
        ),
        quiet("a hook is added", after=_SERVICE % "a, annotations: {helm.sh/hook: pre-upgrade}"),
        quiet("a Service is removed", before=_SERVICE % "a"),
    ),
)
