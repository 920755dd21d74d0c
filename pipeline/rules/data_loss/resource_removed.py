"""An object is no longer rendered.

## Why it matters

A prune deletes it; without a prune it stays in the cluster without an owner and keeps working. Whatever uses it loses
it: a Service's name and address, a Secret's credentials, a role's permissions.

## What to do

Find out what uses it before the merge. Keep it with a chart value or an overlay, or move its users.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from pipeline.core.analysis.operator_owned import operated
from pipeline.core.analysis.references import references
from pipeline.core.analysis.removal import OWN_RULE, grouped, kept, naming, not_replaced
from pipeline.core.analysis.selection import around
from pipeline.core.diff.change import ResourceChange
from pipeline.core.diff.generated_names import same_stem
from pipeline.core.diff.rename import GENERATED
from pipeline.core.kube.resource import ResourceId
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, at, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade
from pipeline.core.words import agreeing

_LOSS = {
    "Service": (Severity.HIGH, "Its name and address stop working for its clients."),
    "Secret": (Severity.HIGH, "Pods and programs that read it fail, immediately or at their next start."),
    "Ingress": (Severity.HIGH, "Traffic from outside no longer reaches its backends."),
    "Deployment": (Severity.HIGH, "Its pods are deleted."),
    "DaemonSet": (Severity.HIGH, "Its pods are deleted on every node."),
    "ConfigMap": (Severity.MEDIUM, "Pods that mount it no longer start; programs that read it fail."),
    "ServiceAccount": (
        Severity.MEDIUM,
        "Pods that run as this account are rejected, and permissions bound to it are lost.",
    ),
    "HorizontalPodAutoscaler": (Severity.MEDIUM, "The workload no longer scales with its load."),
    "PodDisruptionBudget": (Severity.MEDIUM, "A node drain may now stop all of its pods at once."),
    "NetworkPolicy": (Severity.MEDIUM, "The pods that it selected accept the traffic that it blocked."),
    "ServiceMonitor": (Severity.MEDIUM, "Prometheus stops scraping its targets: graphs end, and alerts do not fire."),
    "PodMonitor": (Severity.MEDIUM, "Prometheus stops scraping its targets: graphs end, and alerts do not fire."),
    "PrometheusRule": (Severity.MEDIUM, "Its alerts never fire again, and its recorded series end."),
    "Certificate": (Severity.MEDIUM, "The certificate in its Secret is not renewed and expires weeks later."),
    "ExternalSecret": (
        Severity.HIGH,
        "Its Secret is deleted with it, unless the deletion policy is Retain.",
    ),
    "PodSecurityPolicy": (Severity.LOW, "If the cluster still enforces it, pods that it admitted are rejected."),
    "APIService": (Severity.HIGH, "Clients of its API group fail: no matches for kind."),
    "PriorityClass": (Severity.HIGH, "Pods that name it are rejected."),
    "RuntimeClass": (Severity.HIGH, "Pods that name it are rejected."),
    "IngressClass": (Severity.HIGH, "No controller serves the Ingresses that name it."),
    "StorageClass": (Severity.HIGH, "Claims that name it stay pending; volumes that exist stay."),
    "Pod": (Severity.LOW, "It is deleted."),
    "Event": (Severity.LOW, "It is deleted."),
}
_READ = {"Secret": Severity.MEDIUM, "ConfigMap": Severity.LOW}
_DROPPED = "The chart's own pods no longer read it; anything else that does fails, immediately or at its next start."
_OTHER = (Severity.MEDIUM, "Its controller no longer acts on it, and may undo what it did.")


def check(upgrade: Upgrade) -> Iterator[Hit]:
    missing = [one for one in not_replaced(upgrade) if one.id.kind not in OWN_RULE and not operated(one.resource)]
    older = [one for one in missing if _superseded(one, upgrade)]
    for group in grouped(older, lambda change: (change.id.group, change.id.kind)).values():
        yield _older(group)
    rest = [one for one in missing if one not in older]
    named = _named(upgrade) if any(one.id.kind in _READ for one in rest) else frozenset()
    for (_, _, keep, dropped), group in grouped(rest, lambda change: _sort(change, named)).items():
        hit, weight = _hit(group), _READ.get(group[0].id.kind)
        yield replace(hit, severity=weight, impact=_DROPPED) if weight and dropped and not keep else hit


def _sort(change: ResourceChange, named: frozenset[ResourceId]) -> tuple[str, str, str, bool]:
    return change.id.group, change.id.kind, kept(change.resource), change.id in named


def _named(upgrade: Upgrade) -> frozenset[ResourceId]:
    """What the release's workloads read before, and what none of them reads now."""
    before = {reference.id for resource in upgrade.before.manifests.resources for reference in references(resource)}
    return frozenset(before - {reference.id for resource in around(upgrade)[1] for reference in references(resource)})


def _superseded(change: ResourceChange, upgrade: Upgrade) -> bool:
    """Whether a newer generation of a generated name is rendered: nothing should refer to this one now."""
    kind, name = change.id.kind, change.id.name
    return kind in GENERATED and any(
        resource.id.namespace == change.id.namespace and same_stem(name, resource.id.name)
        for resource in upgrade.after.manifests.of_kind(kind)
    )


def _older(group: list[ResourceChange]) -> Hit:
    return Hit(
        at(group[0]),
        title=f"{naming(group)} {agreeing(len(group), 'is')} no longer rendered; a newer generation is",
        impact="Your own references to the old name break; the chart's objects refer to the newer one.",
        fix="Nothing to do, unless you refer to the old name yourself.",
        severity=Severity.INFO,
        also=tuple(at(change) for change in group[1:]),
    )


def _hit(group: list[ResourceChange]) -> Hit:
    first = group[0]
    keep = kept(first.resource)
    severity, impact = _LOSS.get(first.id.kind, _OTHER)
    many = len(group) > 1
    pronoun = "them" if many else "it"
    return Hit(
        at(first),
        title=f"{naming(group)} {agreeing(len(group), 'is')} no longer rendered",
        impact=f"It stays in the cluster without an owner ({keep})." if keep else _of_many(impact) if many else impact,
        fix=(
            "Delete it by hand when it is no longer needed."
            if keep
            else f"Check what uses {pronoun}; keep {pronoun} with a value or an overlay, or move the users first."
        ),
        severity=Severity.LOW if keep else severity,
        also=tuple(at(change) for change in group[1:]),
    )


def _of_many(impact: str) -> str:
    """The same of several objects: ``Their pods are deleted.``, ``Pods that mount them no longer start``."""
    impact = re.sub(r"\bIts\b", "Their", impact.replace("It is", "They are", 1))
    impact = re.sub(r"\bthat it\b", "that they", re.sub(r"\bits\b", "their", impact))
    return re.sub(r"\b(mount|read|on|to|with|enforces) it\b", r"\1 them", impact)


def _object(kind: str, name: str, extra: str = "") -> str:
    return f"---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}{extra}}}\n"


_KEEP = ", annotations: {helm.sh/resource-policy: keep}"
_WEB = (
    "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec: {template: {spec: {volumes: [{name: v, %s}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.MEDIUM,
    whole=check,
    cases=(
        speaks("a Service is removed", ("high", ""), before=_object("Service", "web")),
        speaks(
            "two ConfigMaps are one finding",
            ("medium", ""),
            before=_object("ConfigMap", "a") + _object("ConfigMap", "b"),
        ),
        speaks("an object that is kept stays behind", ("low", ""), before=_object("Secret", "web", _KEEP)),
        speaks(
            "its own pods no longer read it",
            ("medium", ""),
            before=_object("Secret", "a") + _WEB % "secret: {secretName: a}",
            after=_WEB % "emptyDir: {}",
        ),
        speaks(
            "a newer generation is rendered",
            ("info", ""),
            before=_object("ConfigMap", "a-5f0c9a1b") + _object("ConfigMap", "a-0a1b2c3d"),
            after=_object("ConfigMap", "a-0a1b2c3d"),
        ),
        quiet("an object is added", after=_object("Service", "web")),
        quiet("a StatefulSet has a rule of its own", before=_object("StatefulSet", "db")),
        quiet("a hook is removed", before=_object("Pod", "t", ", annotations: {helm.sh/hook: test}")),
    ),
)
