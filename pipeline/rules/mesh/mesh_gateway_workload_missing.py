"""A Gateway selects no gateway pods any more, or opens a port that no Service of those pods has.

The pods are those that workloads describe: a selector is compared with the labels of their templates.

## Why it matters

No proxy opens the listener: clients cannot connect.

## What to do

Align the selector with the labels of the gateway's pods, and its ports with the gateway's Service.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import service_ports
from pipeline.core.analysis.side_index import PodTemplate, SideIndex, pod_templates, services
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.gateway_hosts import servers
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import listed


def _pods(selector: dict[str, object], side: SideIndex) -> list[PodTemplate]:
    return [pod_template for pod_template in pod_templates(side) if selector.items() <= pod_template.labels.items()]


def _ports(pods: list[PodTemplate], side: SideIndex) -> set[object]:
    """The ports of all Services of the pods; those of the Service and of the pods, since Istio takes either."""
    names: set[object] = set()
    for (namespace, _), service in services(side).items():
        selector = mapping(spec(service).get("selector"))
        if selector and any(pod.namespace == namespace and selector.items() <= pod.labels.items() for pod in pods):
            for port in service_ports(service):
                names |= {str(port.get("port")), str(port.get("targetPort"))}
    return names


def _opened(selector: dict[str, object], port: str, side: SideIndex) -> bool:
    return port in _ports(_pods(selector, side), side)


def _is_selected(selector: dict[str, object], side: SideIndex) -> bool:
    return bool(_pods(selector, side))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    selector = dict(mapping(spec(resource).get("selector")))
    if resource.id.group != NETWORKING or not selector:
        return
    pods = _pods(selector, side)
    if not pods:
        title = f"selects no gateway pods ({listed(f'{key}={value}' for key, value in selector.items())})"
        there = partial(_is_selected, selector)
        yield StateFault(resource, ("spec", "selector"), ("pods",), title, foreign=True, is_there=there, unsure=True)
        return
    known = _ports(pods, side)
    for path, server in servers(resource):
        number = str(mapping(server.get("port")).get("number"))
        if known and number not in known:
            title = f"opens port {number}, which no Service of its gateway pods has"
            there = partial(_opened, selector, number)
            yield StateFault(resource, (*path, "port"), (number,), title, foreign=True, is_there=there)


_GATEWAY = (
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: shop}\n"
    "spec: {selector: {istio: edge}, servers: [{port: {number: %s, name: a, protocol: HTTP}, hosts: ['*']}]}\n---\n"
)
_PODS = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: edge, namespace: istio-ingress}\n"
    "spec: {template: {metadata: {labels: {istio: %s}}}}\n---\n"
)
_SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: edge, namespace: istio-ingress}\n"
    "spec: {selector: {istio: edge}, ports: [{port: 80, targetPort: 8080}]}\n---\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"Gateway"}),
        _faults,
        impact="No proxy opens the listener: clients cannot connect.",
        fix="Align the selector with the gateway pods' labels, and its ports with their Service.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the gateway's pods get other labels",
            ("high", "spec.selector"),
            before=_GATEWAY % 80 + _PODS % "edge",
            after=_GATEWAY % 80 + _PODS % "public",
        ),
        speaks(
            "a port that the Service lacks",
            ("high", "spec.servers[0].port"),
            before=_GATEWAY % 80 + _PODS % "edge" + _SERVICE,
            after=_GATEWAY % 443 + _PODS % "edge" + _SERVICE,
        ),
        quiet(
            "the port of the pods",
            before=_GATEWAY % 80 + _PODS % "edge" + _SERVICE,
            after=_GATEWAY % 8080 + _PODS % "edge" + _SERVICE,
        ),
        quiet("the gateway is not at hand", before=_PODS % "other", after=_GATEWAY % 80 + _PODS % "other"),
        quiet("a first import", after=_GATEWAY % 443 + _PODS % "edge" + _SERVICE),
    ),
)
