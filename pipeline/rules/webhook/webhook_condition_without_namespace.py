"""A webhook's match condition reads ``namespaceObject``, which holds nothing there.

## Why it matters

The API server stores such an expression. Each request then ends in "no such key": with ``failurePolicy: Fail`` every
request that the webhook's rules match is rejected, in all namespaces; with ``Ignore`` the webhook is never asked.

## What to do

Choose namespaces with the webhook's ``namespaceSelector``, or read ``object.metadata.namespace`` in the condition.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.analysis.webhook_entries import fails_closed
from pipeline.core.kube.path import Entry
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.kube.validation.cel_text import CelSyntaxError, CelUnsureError, read_cel
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_NAME = "namespaceObject"
_LOOKED_AT = f"has({_NAME}", f"{_NAME}.?", f"{_NAME}[?"
"""How an expression asks whether there is a value first."""


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
        failing = fails_closed(webhook)
        ends = "rejects every request" if failing else "never calls the backend"
        for condition in map(mapping, sequence(webhook.get("matchConditions"))):
            if _reads_nothing(condition.get("expression")):
                name, title = condition.get("name"), f"{ends} in {webhook.get('name')}: a condition reads {_NAME}"
                path = ("webhooks", Entry.of(name=webhook.get("name")), "matchConditions", Entry.of(name=name))
                yield StateFault(resource, path, (str(webhook.get("name")), str(name)), title)


def _reads_nothing(expression: Any) -> bool:
    if not isinstance(expression, str) or any(words in expression for words in _LOOKED_AT):
        return False
    try:
        return _NAME in read_cel(expression).names
    except (CelSyntaxError, CelUnsureError):
        return False


_HOOK = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n"
    "webhooks: [{name: a.b.c, failurePolicy: %s, matchConditions: [{name: prod, expression: \"%s == 'prod'\"}]}]\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}),
        _faults,
        impact="In match conditions namespaceObject holds nothing: the condition is an error for each request.",
        fix="Use a namespaceSelector, or read object.metadata.namespace in the condition.",
    ),
    shares=("webhook-match-changed", "webhook-added", "webhook-behaviour-changed"),
    cases=(
        speaks(
            "it fails closed",
            ("high", "webhooks[name=a.b.c].matchConditions[name=prod]"),
            before=_HOOK % ("Fail", "object.metadata.namespace"),
            after=_HOOK % ("Fail", "namespaceObject.metadata.name"),
        ),
        speaks(
            "it fails open",
            ("high", "webhooks[name=a.b.c].matchConditions[name=prod]"),
            before=_HOOK % ("Ignore", "object.metadata.namespace"),
            after=_HOOK % ("Ignore", "namespaceObject.metadata.name"),
        ),
        quiet(
            "the expression asks whether there is one",
            before=_HOOK % ("Fail", "object.metadata.namespace"),
            after=_HOOK % ("Fail", "has(namespaceObject.metadata) && namespaceObject.metadata.name"),
        ),
        quiet(
            "it reads the object's own namespace",
            before=_HOOK % ("Fail", "object.metadata.name"),
            after=_HOOK % ("Fail", "object.metadata.namespace"),
        ),
    ),
)
