"""A monitor no longer selects anything, or uses a port that nothing it selects has any more.

ServiceMonitors and PodMonitors of the Prometheus operator, and VictoriaMetrics' scrapes of the same form.

## Why it matters

Metrics stop, and alerts that use them never fire.

## What to do

Make its selector and port names match the Services or pods again.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.core.analysis.known_objects import KnownObjects, known_objects
from pipeline.core.analysis.selection import Pods, home, in_reach, pods_around, selects, service_ports
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once_each
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_OF_SERVICES = frozenset({"ServiceMonitor", "VMServiceScrape"})
_OF_PODS = frozenset({"PodMonitor", "VMPodScrape"})


class _Targets(NamedTuple):
    services: list[Pods]
    pods: list[Pods]


def check(upgrade: Upgrade) -> Iterator[Hit]:
    known = known_objects(upgrade)
    olds, monitors = upgrade.before.manifests.by_id(), [*known.after.of_kinds(*sorted(_OF_SERVICES | _OF_PODS))]
    if not monitors:
        return
    before, after = (_Targets(_services(side), pods) for side, pods in zip(known, pods_around(upgrade), strict=True))
    same_services, same_pods = before.services == after.services, before.pods == after.pods
    for monitor in monitors:
        old = olds.get(monitor.id, monitor)
        if old.body is monitor.body and (same_pods if monitor.kind in _OF_PODS else same_services):
            continue  # it selects what it selected
        namespace = home(monitor, upgrade)
        was = _unmet(old, namespace, before)
        if () in was:  # whom it selects is rendered elsewhere
            continue
        for path, port in _unmet(monitor, namespace, after).items():
            if (path, port) not in was.items():
                yield _hit(monitor, path, port)


def _hit(monitor: Resource, path: Path, port: str) -> Hit:
    what = "Services" if monitor.kind in _OF_SERVICES else "pods"
    said = f"none of the {what} that it selects has a port named {port}" if path else f"it no longer selects any {what}"
    return Hit(
        place(monitor, path or ("spec", "selector")),
        title=f"{monitor.kind} {monitor.id.name}: {said}",
        impact="Metrics stop, and alerts that use them never fire.",
        fix=f"Make its selector and port names match the {what} again.",
        severity=Severity.MEDIUM if path else None,
    )


def _services(side: KnownObjects) -> list[Pods]:
    """Services as what is selected."""
    return [_service(service) for service in side.of_kinds("Service") if not service.group]


@once_each
def _service(resource: Resource) -> Pods:
    """By its own labels, with the names of its ports."""
    return Pods(
        resource.id.namespace,
        resource.labels,
        frozenset(str(p["name"]) for p in service_ports(resource) if p.get("name")),
    )


def _unmet(monitor: Resource, namespace: str, targets: _Targets) -> dict[Path, str]:
    """Where the ports stand that nothing selected has; the path is empty where nothing is selected."""
    spec = mapping(monitor.body.get("spec"))
    of_pods = monitor.kind in _OF_PODS
    reach, selector = mapping(spec.get("namespaceSelector")), mapping(spec.get("selector"))
    selected = [
        pod
        for pod in (targets.pods if of_pods else targets.services)
        if in_reach(reach, namespace, pod.namespace) and selects(selector, pod.labels)
    ]
    if not selected:
        return {(): ""}
    key = "podMetricsEndpoints" if of_pods else "endpoints"
    known = {name for pod in selected for name in pod.ports}
    return {("spec", key, index, "port"): port for index, port in _ports(spec, key) if port not in known}


def _ports(spec: Mapping[str, Any], key: str) -> Iterator[tuple[int, str]]:
    for index, endpoint in enumerate(map(mapping, sequence(spec.get(key)))):
        if isinstance(endpoint.get("port"), str):
            yield index, endpoint["port"]


_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {app: %s}}\nspec: {ports: [{name: %s, port: 80}]}\n"
)
_MONITOR = (
    "---\napiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: m}\n"
    "spec: {selector: {matchLabels: {app: a}}, endpoints: [{port: http}]}\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    whole=check,
    compares=True,
    cases=(
        speaks(
            "the Service has other labels",
            ("high", "spec.selector"),
            before=_SERVICE % ("a", "http") + _MONITOR,
            after=_SERVICE % ("b", "http") + _MONITOR,
        ),
        speaks(
            "the port has another name",
            ("medium", "spec.endpoints[0].port"),
            before=_SERVICE % ("a", "http") + _MONITOR,
            after=_SERVICE % ("a", "web") + _MONITOR,
        ),
        quiet("what it selects is elsewhere", before=_MONITOR, after=_SERVICE % ("b", "x") + _MONITOR),
        quiet(
            "the port never had that name",
            before=_SERVICE % ("a", "x") + _MONITOR,
            after=_SERVICE % ("a", "y") + _MONITOR,
        ),
        quiet("a monitor is added", before=_SERVICE % ("b", "x"), after=_SERVICE % ("b", "x") + _MONITOR),
    ),
)
