"""A subset of a DestinationRule chooses no pods any more.

The pods are those that workloads describe: the Service's selector and the subset's labels are compared with the labels
of their templates. Only what chose pods before and chooses none afterwards is said.

## Why it matters

The subset's cluster stays, without endpoints: each request that is sent to it gets 503.

## What to do

Align the subset's labels with those of the pods, or take its weight off the routes first.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, service_pods, services
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.declared_hosts import service_of
from pipeline.core.mesh.route_parts import spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _has_pods(key: tuple[str, str], labels: Mapping[str, Any], side: SideIndex) -> bool:
    """Whether the Service, which is named by namespace and name, has pods with these labels."""
    service = services(side).get(key)
    return service is not None and any(labels.items() <= pods.labels.items() for pods in service_pods(service, side))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    host = spec(resource).get("host")
    service = service_of(host, side.home(resource)) if isinstance(host, str) else None
    if resource.id.group != NETWORKING or service is None:
        return
    for index, subset in enumerate(map(mapping, sequence(spec(resource).get("subsets")))):
        labels = mapping(subset.get("labels"))
        if labels and not _has_pods(service, labels, side):
            title = f"has subset {subset.get('name')} of {host}, which chooses no pods any more"
            there = partial(_has_pods, service, labels)
            path = ("spec", "subsets", index)
            yield StateFault(resource, path, (str(subset.get("name")),), title, is_there=there, unsure=True)


_RULE = (
    "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: web, namespace: shop}\n"
    "spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: all}]}\n---\n"
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    "spec: {selector: {app: web}, ports: [{port: 80}]}\n---\n"
)
_PODS = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: %s}\n"
    "spec: {template: {metadata: {labels: {app: web, version: %s}}}}\n---\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"DestinationRule"}),
        _faults,
        impact="Its cluster has no endpoints: each request to it gets 503.",
        fix="Align the subset's labels with those of the pods, or take its weight off the routes first.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the pods get another label",
            ("high", "spec.subsets[0]"),
            before=_RULE + _PODS % ("shop", "v1"),
            after=_RULE + _PODS % ("shop", "v2"),
        ),
        quiet("they had none before", before=_RULE + _PODS % ("shop", "v2"), after=_RULE + _PODS % ("shop", "v3")),
        quiet("pods with that label stay", before=_RULE + _PODS % ("shop", "v1"), after=_RULE + _PODS % ("shop", "v1")),
        quiet("a first import", after=_RULE + _PODS % ("shop", "v2")),
        quiet("of another namespace", before=_RULE + _PODS % ("other", "v1"), after=_RULE + _PODS % ("other", "v2")),
    ),
)
