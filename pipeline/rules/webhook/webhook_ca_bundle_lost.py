"""A webhook or an API service loses the CA that its server is checked with, and nothing injects one.

## Why it matters

The API server refuses the connection. With ``failurePolicy: Fail`` every request that the webhook selects is refused.

## What to do

Keep the CA, or have cert-manager (``cert-manager.io/inject-ca-from``) or the program itself write it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.diff.change import ResourceChange
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Claim, Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_EMPTY = frozenset({"", "Cg=="})
"""``Cg==`` is a line break: what charts write where a program fills in the CA."""
_INJECTED = ("cert-manager.io/inject-", "service.beta.openshift.io/inject-cabundle")


def check(change: ResourceChange, _upgrade: Upgrade) -> Iterator[Hit]:
    if change.before is None or change.after is None or _is_injected(change.after):
        return
    old = dict(_clients(change.before))
    for path, client in _clients(change.after):
        had, has = (_bundle(config) for config in (old.get(path, {}), client))
        if had and not has and client.get("insecureSkipTLSVerify") is not True:
            where = (*path, "caBundle")
            yield Hit(
                place(change.after, where),
                title=f"{change.id.kind} {change.id.name}: the CA of {_name(path)} is removed",
                impact="The API server no longer trusts the webhook's server, unless a program writes the CA.",
                fix="Keep the CA, or have cert-manager or the program itself write it.",
                claims=(Claim(change.id, where),),
            )


def _bundle(client: Mapping[str, Any]) -> str:
    bundle = client.get("caBundle")
    return bundle if isinstance(bundle, str) and bundle not in _EMPTY else ""


def _clients(resource: Resource) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for webhook in map(mapping, sequence(resource.body.get("webhooks"))):
        yield ("webhooks", Entry.of(name=webhook.get("name")), "clientConfig"), mapping(webhook.get("clientConfig"))
    if resource.kind == "APIService":
        yield ("spec",), mapping(resource.body.get("spec"))


def _name(path: Path) -> str:
    return f"webhook {path[1].pairs[0][1]}" if len(path) > 1 and isinstance(path[1], Entry) else "its server"


def _is_injected(resource: Resource) -> bool:
    return any(str(key).startswith(_INJECTED) for key in resource.annotations)


def _webhook(client: str, annotations: str = "") -> str:
    return (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n"
        f"metadata: {{name: w, annotations: {{{annotations}}}}}\n"
        f"webhooks: [{{name: a.b.c, clientConfig: {{service: {{name: s, namespace: shop}}{client}}}}}]\n"
    )


_API = (
    "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.a.b}\n"
    "spec: {group: a.b, version: v1, service: {name: s, namespace: shop}, %s}\n"
)
_UNCHECKED = "insecureSkipTLSVerify: true"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    confidence=Confidence.LIKELY,
    each=check,
    kinds=frozenset({"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "APIService"}),
    shares=("webhook-behaviour-changed", "shared-object-changed", "trust-weakened"),
    cases=(
        speaks(
            "it is empty now",
            ("high", "webhooks[name=a.b.c].clientConfig.caBundle"),
            before=_webhook(", caBundle: TFMwdA=="),
            after=_webhook(", caBundle: Cg=="),
        ),
        speaks(
            "of an API",
            ("high", "spec.caBundle"),
            before=_API % "caBundle: TFMwdA==",
            after=_API % "groupPriorityMinimum: 100, versionPriority: 1",
        ),
        quiet("another CA", before=_webhook(", caBundle: TFMwdA=="), after=_webhook(", caBundle: TFMwdB==")),
        quiet(
            "cert-manager writes it",
            before=_webhook(", caBundle: TFMwdA=="),
            after=_webhook("", "cert-manager.io/inject-ca-from: shop/web"),
        ),
        quiet("the server is not checked at all", before=_API % "caBundle: TFMwdA==", after=_API % _UNCHECKED),
        quiet("it never had one", before=_webhook(""), after=_webhook(", caBundle: ''")),
    ),
)
