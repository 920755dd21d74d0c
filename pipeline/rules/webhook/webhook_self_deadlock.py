"""A webhook that fails closed is asked about the pods of its own backend.

## Why it matters

When all pods of the backend are gone, none can start again: the API server asks the webhook about them, nobody
answers, and they are refused. Only removing the webhook by hand helps.

## What to do

Exclude the backend's namespace (``namespaceSelector`` on ``kubernetes.io/metadata.name``), or its pods.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import selects
from pipeline.core.analysis.side_index import SideIndex, namespaces, service_pods, services
from pipeline.core.analysis.webhook_entries import fails_closed
from pipeline.core.kube.path import Entry
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
        service = mapping(mapping(webhook.get("clientConfig")).get("service"))
        key = str(service.get("namespace")), str(service.get("name"))
        if not fails_closed(webhook) or key not in services(side) or not _asks_for_pods(webhook):
            continue
        known = namespaces(side).get(key[0])
        home = {"kubernetes.io/metadata.name": key[0], **(known.labels if known else {})}
        in_reach = selects(mapping(webhook.get("namespaceSelector")), home)
        for pods in service_pods(services(side)[key], side) if in_reach else ():
            if selects(mapping(webhook.get("objectSelector")), pods.labels):
                name = str(webhook.get("name"))
                title = f"asks {name} about the pods of its own backend, {pods.workload.kind} {pods.workload.id.name}"
                path = ("webhooks", Entry.of(name=webhook.get("name")))
                yield StateFault(resource, path, (name,), title, certain=True)
                break


def _asks_for_pods(webhook: Mapping[str, Any]) -> bool:
    if sequence(webhook.get("matchConditions")):
        return False
    return any(
        {"*", "*/*", "pods"} & set(map(str, sequence(rule.get("resources"))))
        and {"*", ""} & set(map(str, sequence(rule.get("apiGroups"))))
        and {"*", "CREATE"} & set(map(str, sequence(rule.get("operations"))))
        for rule in map(mapping, sequence(webhook.get("rules")))
    )


_BACKEND = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: shop}\nspec: {selector: {app: s}}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: s, namespace: shop}\n"
    "spec: {template: {metadata: {labels: {app: s}}}}\n---\n"
)
_WEBHOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n"
    "webhooks: [{name: a.b.c, failurePolicy: %s, clientConfig: {service: {name: s, namespace: shop}},"
    " rules: [{apiGroups: [''], apiVersions: [v1], resources: [%s], operations: [CREATE]}]%s}]\n"
)
_ELSEWHERE = (
    ", namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}),
        _faults,
        impact="Once all its pods are gone, none can start: the webhook refuses them.",
        fix="Exclude the backend's namespace with a namespaceSelector, or its pods.",
    ),
    shares=("webhook-match-changed", "webhook-added", "webhook-fail-closed"),
    cases=(
        speaks(
            "its namespace is no longer excluded",
            ("high", "webhooks[name=a.b.c]"),
            before=_BACKEND + _WEBHOOK % ("Fail", "pods", _ELSEWHERE),
            after=_BACKEND + _WEBHOOK % ("Fail", "pods", ""),
        ),
        quiet("it fails open", before=_BACKEND, after=_BACKEND + _WEBHOOK % ("Ignore", "pods", "")),
        quiet("its namespace is excluded", before=_BACKEND, after=_BACKEND + _WEBHOOK % ("Fail", "pods", _ELSEWHERE)),
        quiet("it is not about pods", before=_BACKEND, after=_BACKEND + _WEBHOOK % ("Fail", "secrets", "")),
        quiet(
            "only labelled pods",
            before=_BACKEND,
            after=_BACKEND + _WEBHOOK % ("Fail", "pods", ", objectSelector: {matchLabels: {a: b}}"),
        ),
    ),
)
