"""A webhook of Istio names neither a URL nor a Service.

## Why it matters

The control plane is never asked: pods start without a proxy, or configuration is no longer validated.

## What to do

Set ``clientConfig.url`` to the address of the external control plane, or ``clientConfig.service``.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Entry
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _faults(resource: Resource, _side: SideIndex) -> Iterator[StateFault]:
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
        name, client = str(webhook.get("name")), mapping(webhook.get("clientConfig"))
        if name.endswith(".istio.io") and not client.get("url") and not mapping(client.get("service")).get("name"):
            path = ("webhooks", Entry.of(name=name), "clientConfig")
            yield StateFault(resource, path, (name,), f"gives {name} no address", certain=True)


def _webhook(client: str, name: str = "object.sidecar-injector.istio.io") -> str:
    return (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: injector}\n"
        f"webhooks: [{{name: {name}, clientConfig: {{{client}}}}}]\n"
    )


RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}),
        _faults,
        impact="The control plane is never asked: no proxies are injected, or nothing is validated.",
        fix="Set clientConfig.url or clientConfig.service.",
    ),
    shares=("webhook-behaviour-changed",),
    cases=(
        speaks(
            "the URL is blank",
            ("high", "webhooks[name=object.sidecar-injector.istio.io].clientConfig"),
            before=_webhook("url: 'https://istiod.example/inject'"),
            after=_webhook("url: ''"),
        ),
        quiet("a Service", after=_webhook("service: {name: istiod, namespace: istio-system}")),
        quiet("a webhook of others", after=_webhook("url: ''", "a.example")),
        quiet("it was so before", before=_webhook("url: ''"), after=_webhook("url: ")),
    ),
)
