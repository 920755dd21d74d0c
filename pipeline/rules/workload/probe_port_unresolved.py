"""A probe or lifecycle hook uses a port name that its container does not have.

## Why it matters

The kubelet cannot resolve it: the probe fails, and the pod never becomes ready or is restarted again and again.

## What to do

Give the container's port the name that the probe uses, or use the port number in the probe.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.selection import port_names
from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.pods import pod_spec, template_path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_PROBES: tuple[tuple[str, ...], ...] = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.action is Action.REMOVED or change.after is None:
        return
    was = set(_unresolved(change.before)) if change.before is not None else set()
    for path, name in _unresolved(change.after):
        if (path, name) not in was:
            yield Hit(
                place(change.after, path),
                title=f"{change.id.kind} {change.id.name}: {path[-3]} uses port {name}, which its container lacks",
                impact="The probe fails: the pod never becomes ready, or is restarted again and again.",
                fix="Name the container's port as the probe does, or use its number in the probe.",
            )


def _unresolved(workload: Resource) -> Iterator[tuple[Path, str]]:
    head = template_path(workload)
    spec = pod_spec(workload) if head is not None else {}
    for key in ("containers", "initContainers"):
        for container in map(mapping, sequence(spec.get(key))):
            known = port_names(container)
            for path, port in _asked(container):
                if port not in known:
                    yield (*(head or ()), "spec", key, Entry.of(name=container.get("name")), *path), port


def _asked(container: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for steps in _PROBES:
        value: Mapping[str, Any] = container
        for step in steps:
            value = mapping(value.get(step))
        for action in ("httpGet", "tcpSocket"):
            port = mapping(value.get(action)).get("port")
            if isinstance(port, str) and port and not port.isdigit():
                yield (*steps, action, "port"), port


_WEB = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: ["
    "{name: a, ports: [{name: %s, containerPort: 80}], livenessProbe: {httpGet: {port: %s}}}]}}}\n"
)
_PORT = "spec.template.spec.containers[name=a].livenessProbe.httpGet.port"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    each=check,
    cases=(
        speaks(
            "the port has another name",
            ("high", _PORT),
            before=_WEB % ("http", "http"),
            after=_WEB % ("web", "http"),
        ),
        quiet("both have", before=_WEB % ("http", "http"), after=_WEB % ("web", "web")),
        quiet("the probe uses the port's number", before=_WEB % ("http", "http"), after=_WEB % ("web", 80)),
        quiet("it never had the name", before=_WEB % ("x", "http"), after=_WEB % ("y", "http")),
    ),
)
