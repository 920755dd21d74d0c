"""A webhook that fails closed is asked about kube-system, or about what nodes and leaders need.

## Why it matters

While its backend does not answer, system pods cannot start, and leases, nodes and token reviews are refused: the
cluster stops repairing itself, and often the backend too.

## What to do

Exclude kube-system with a namespaceSelector, name resources instead of ``*``, or set ``failurePolicy: Ignore``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import selects
from pipeline.core.analysis.side_index import SideIndex, namespaces
from pipeline.core.analysis.webhook_entries import fails_closed
from pipeline.core.kube.path import Entry
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_SYSTEM = "kube-system"
_VITAL = (
    ("coordination.k8s.io", "leases"), ("", "nodes"), ("authentication.k8s.io", "tokenreviews"),
    ("authorization.k8s.io", "subjectaccessreviews"), ("", "pods"),
)  # fmt: skip


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
        narrowed = mapping(mapping(webhook.get("objectSelector"))) or sequence(webhook.get("matchConditions"))
        if not fails_closed(webhook) or narrowed or not _reaches(webhook, side):
            continue
        vital = [name for group, name in _VITAL if any(_matches(rule, group, name) for rule in _rules(webhook))]
        if vital:
            name = str(webhook.get("name"))
            title = f"asks {name}, which fails closed, about {vital[0]} in {_SYSTEM}"
            yield StateFault(resource, ("webhooks", Entry.of(name=webhook.get("name"))), (name,), title, certain=True)


def _rules(webhook: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(map(mapping, sequence(webhook.get("rules"))))


def _reaches(webhook: Mapping[str, Any], side: SideIndex) -> bool:
    known = namespaces(side).get(_SYSTEM)
    labels = {"kubernetes.io/metadata.name": _SYSTEM, **(known.labels if known else {})}
    return selects(mapping(webhook.get("namespaceSelector")), labels)


def _matches(rule: Mapping[str, Any], group: str, resource: str) -> bool:
    return (
        bool({"*", group} & set(map(str, sequence(rule.get("apiGroups")))))
        and bool({"*", "*/*", resource} & set(map(str, sequence(rule.get("resources")))))
        and bool({"*", "CREATE", "UPDATE"} & set(map(str, sequence(rule.get("operations")))))
    )


_WEBHOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n"
    "webhooks: [{name: a.b.c, failurePolicy: %s, clientConfig: {service: {name: s, namespace: shop}},"
    " rules: [{apiGroups: ['%s'], apiVersions: ['*'], resources: ['%s'], operations: [CREATE]}]%s}]\n"
)
_OUT = (
    ", namespaceSelector: {matchExpressions:"
    " [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}"
)
_OWN = ", namespaceSelector: {matchLabels: {team: a}}"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}),
        _faults,
        impact="While its backend does not answer, system pods cannot start and nodes are lost.",
        fix="Exclude kube-system with a namespaceSelector, or name other resources.",
    ),
    shares=("webhook-match-changed", "webhook-added", "webhook-fail-closed", "webhook-self-deadlock"),
    cases=(
        speaks(
            "kube-system is no longer excluded", ("high", "webhooks[name=a.b.c]"),
            before=_WEBHOOK % ("Fail", "", "pods", _OUT), after=_WEBHOOK % ("Fail", "", "pods", ""),
        ),
        speaks(
            "it fails closed now", ("high", "webhooks[name=a.b.c]"),
            before=_WEBHOOK % ("Ignore", "*", "*", ""), after=_WEBHOOK % ("Fail", "*", "*", ""),
        ),
        quiet("kube-system is excluded", after=_WEBHOOK % ("Fail", "*", "*", _OUT)),
        quiet("one team's namespaces", after=_WEBHOOK % ("Fail", "*", "*", _OWN)),
        quiet("another resource", after=_WEBHOOK % ("Fail", "apps", "deployments", "")),
        quiet("labelled objects alone", after=_WEBHOOK % ("Fail", "*", "*", ", objectSelector: {matchLabels: {a: b}}")),
        quiet(
            "it was so before",
            before=_WEBHOOK % ("Fail", "", "pods", ""), after=_WEBHOOK % ("Fail", "*", "*", ""),
        ),
    ),
)  # fmt: skip
