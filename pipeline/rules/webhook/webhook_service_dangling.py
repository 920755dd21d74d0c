"""A webhook or an aggregated API refers to a Service or port that no longer exists.

## Why it matters

If it fails closed, every request that it matches is rejected; an API group without its Service makes discovery fail.

## What to do

Keep the Service and its port, or remove the configuration first.
"""

from collections.abc import Iterator

from pipeline.core.analysis.backends import lost
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_KINDS = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService"})


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for resource, backend in lost(upgrade, _KINDS):
        yield Hit(
            place(resource, backend.path),
            title=f"{resource.kind} {resource.id.name} sends requests to {backend}, which no longer exists",
            why="If it fails closed, the requests that it matches are rejected.",
            remedy="Keep the Service and its port, or remove the configuration first.",
        )


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: %s}]}\n---\n"
_USER = (
    "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: w}\n"
    "webhooks: [{name: w.x.io, clientConfig: {service: {name: a, namespace: shop}}}]\n"
)

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks(
            "its Service goes",
            ("blocker", "webhooks[name=w.x.io].clientConfig.service"),
            before=_SERVICE % 443 + _USER,
            after=_USER,
        ),
        speaks(
            "its port goes",
            ("blocker", "webhooks[name=w.x.io].clientConfig.service"),
            before=_SERVICE % 443 + _USER,
            after=_SERVICE % 9 + _USER,
        ),
        quiet("its Service was never there", before=_USER, after=_USER),
        quiet("its Service stays", before=_SERVICE % 443 + _USER, after=_SERVICE % 443 + _USER),
    ),
)
