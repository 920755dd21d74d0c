"""A webhook, an aggregated API or a CRD's conversion refers to a Service or port that no longer exists.

## Why it matters

If it fails closed, every request that it matches is rejected; an API group without its Service makes discovery fail.
Custom resources stored in another version than the requested one cannot be read without their conversion webhook.

## What to do

Keep the Service and its port, or remove the configuration first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.backends import dangling_backends
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KINDS = frozenset(
    {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService", "CustomResourceDefinition"}
)


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for resource, backend in dangling_backends(upgrade, _KINDS):
        yield Hit(
            place(resource, backend.path),
            title=f"{resource.kind} {resource.id.name} sends requests to {backend}, which no longer exists",
            impact="Custom resources of other versions than the stored one can be neither read nor written."
            if resource.kind == "CustomResourceDefinition"
            else "If it fails closed, the requests that it matches are rejected.",
            fix=f"{resource.kind} {resource.id.name}: keep the Service and its port, or change the reference first.",
        )


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: %s}]}\n---\n"
_USER = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n"
    "webhooks: [{name: w.x.io, clientConfig: {service: {name: a, namespace: shop}}}]\n"
)
_CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: pools.x.io}
spec:
  group: x.io
  conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: a, namespace: shop}}}}
  versions: [{name: v1}]
"""

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "its Service is removed",
            ("blocker", "webhooks[name=w.x.io].clientConfig.service"),
            before=_SERVICE % 443 + _USER,
            after=_USER,
        ),
        speaks(
            "its port is removed",
            ("blocker", "webhooks[name=w.x.io].clientConfig.service"),
            before=_SERVICE % 443 + _USER,
            after=_SERVICE % 9 + _USER,
        ),
        speaks(
            "the Service of a CRD's conversion is renamed",
            ("blocker", "spec.conversion.webhook.clientConfig.service"),
            before=_SERVICE % 443 + _CRD,
            after=(_SERVICE % 443).replace("name: a", "name: b") + _CRD,
        ),
        quiet("its Service did not exist before", before=_USER, after=_USER),
        quiet("its Service stays", before=_SERVICE % 443 + _USER, after=_SERVICE % 443 + _USER),
    ),
)
