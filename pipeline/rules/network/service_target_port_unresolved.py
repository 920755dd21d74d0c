"""A Service uses a named target port that none of the pods it selects has any more.

## Why it matters

The port has no endpoints: clients cannot connect.

## What to do

Make targetPort and the name of the container's port the same again.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pipeline.core.analysis.selection import Pods, pods_around, selects, service_ports
from pipeline.core.kube.path import Entry
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade


def check(upgrade: Upgrade) -> Iterator[Hit]:
    olds, (before, after) = upgrade.before.manifests.by_id(), pods_around(upgrade)
    for service in upgrade.after.manifests.of_kind("Service", ""):
        old = olds.get(service.id)
        if old is None:
            continue
        missing = _missing(service, after)
        was = _missing(old, before) if missing else {}
        for key, name in missing.items():
            if key not in was and _led_somewhere(old, key):
                yield Hit(
                    place(service, ("spec", "ports", Entry.of(port=key[0], protocol=key[1]), "targetPort")),
                    title=f"Service {service.id.name}: none of the pods that it selects has its target port {name}",
                    impact=f"Its port {key[0]} has no endpoints: clients cannot connect.",
                    fix="Make targetPort and the name of the container's port the same again.",
                )


def _missing(service: Resource, candidates: Iterable[Pods]) -> dict[tuple[Any, str], str]:
    """Target names that no selected pod has, by port and protocol; nothing where no pod is selected at all."""
    selector = mapping(mapping(service.body.get("spec")).get("selector"))
    wanted = {"matchLabels": selector}
    selected = [p for p in candidates if selector and p.namespace == service.id.namespace and selects(wanted, p.labels)]
    known = {name for pod in selected for name in pod.ports}
    return {
        _key(p): t
        for p in service_ports(service)
        if selected and isinstance(p.get("port"), int)
        if isinstance(t := p.get("targetPort"), str) and t not in known and not t.isdigit()
    }


def _led_somewhere(old: Resource, key: tuple[Any, str]) -> bool:
    return any(_key(port) == key for port in service_ports(old))


def _key(port: Any) -> tuple[Any, str]:
    return port.get("port"), str(port.get("protocol", "TCP"))


_BOTH = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
    "spec: {selector: {app: a}, ports: [{port: 80, targetPort: %s}]}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {metadata: {labels: {app: a}}, "
    "spec: {containers: [{name: a, ports: [{name: %s, containerPort: 8080}]}]}}}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    compares=True,
    cases=(
        speaks(
            "the container's port is renamed",
            ("blocker", "spec.ports[port=80,protocol=TCP].targetPort"),
            before=_BOTH % ("http", "http"),
            after=_BOTH % ("http", "web"),
        ),
        quiet("both are renamed", before=_BOTH % ("http", "http"), after=_BOTH % ("web", "web")),
        quiet("it led nowhere before", before=_BOTH % ("http", "x"), after=_BOTH % ("http", "y")),
        quiet("a number needs no name", before=_BOTH % ("http", "http"), after=_BOTH % (8080, "web")),
    ),
)
