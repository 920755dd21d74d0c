"""A Gateway names a certificate that does not exist in the namespace of the gateway's pods.

Certificates of cert-manager, external and sealed secrets with that target count as existing.

## Why it matters

The gateway gets no certificate and does not open the port for its hosts: clients cannot connect.

## What to do

Create the Secret in the namespace in which the gateway's pods run. That of the Gateway object does not matter.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, pod_templates
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.gateway_hosts import servers
from pipeline.core.mesh.route_parts import spec
from pipeline.core.mesh.values import labels, text, within
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks

_TARGETS = {"Certificate": ("secretName",), "ExternalSecret": ("target", "name"), "SealedSecret": ("template", "name")}


def _homes(gateway: Resource, side: SideIndex) -> frozenset[str]:
    """The namespaces of the pods that it selects."""
    wanted = labels(spec(gateway).get("selector"))
    return frozenset(
        pod_template.namespace for pod_template in pod_templates(side) if wanted and within(wanted, pod_template.labels)
    )


def _is_there(homes: frozenset[str], name: str, side: SideIndex) -> bool:
    if any(secret.id.name == name and side.home(secret) in homes for secret in side.of("Secret", "")):
        return True
    return any(
        side.home(resource) in homes and name in (resource.id.name, _deep(resource, path))
        for kind, path in _TARGETS.items()
        for resource in side.kinds.get(kind, ())
    )


def _deep(resource: Resource, path: tuple[str, ...]) -> object:
    value: object = spec(resource)
    for step in path:
        value = mapping(value).get(step)
    return value


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    homes = _homes(resource, side) if resource.id.group == NETWORKING else frozenset[str]()
    for path, server in servers(resource) if homes else ():
        tls = mapping(server.get("tls"))
        name = text(tls.get("credentialName"))
        if not name or name.startswith("configmap://") or _is_there(homes, name, side):
            continue
        where = "/".join(sorted(homes))
        title = f"names certificate {name}, of which namespace {where} has no Secret"
        there = partial(_is_there, homes, name)
        yield StateFault(resource, (*path, "tls", "credentialName"), (name, where), title, foreign=True, is_there=there)


_GATEWAY = (
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: shop}\nspec:\n"
    "  selector: {istio: edge}\n  servers:\n  - port: {number: 443, name: a, protocol: HTTPS}\n"
    "    hosts: ['*']\n    tls: {mode: SIMPLE, credentialName: %s}\n---\n"
)
_PODS = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: edge, namespace: istio-ingress}\n"
    "spec: {template: {metadata: {labels: {istio: edge}}}}\n---\n"
)
_STORED = "apiVersion: v1\nkind: Secret\nmetadata: {name: tls, namespace: %s}\n---\n"
_MADE = (
    "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c, namespace: istio-ingress}\n"
    "spec: {secretName: tls}\n---\n"
)
_HERE = _STORED % "istio-ingress"
_AT = "spec.servers[0].tls.credentialName"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"Gateway"}),
        _faults,
        impact="The gateway has no certificate and does not open the port: clients cannot connect.",
        fix="Create the Secret in the namespace in which the gateway's pods run.",
        grades={Confidence.LIKELY: Severity.MEDIUM},
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "the Secret moves to the Gateway's namespace", ("high", _AT),
            before=_PODS + _HERE + _GATEWAY % "tls", after=_PODS + _STORED % "shop" + _GATEWAY % "tls",
        ),
        speaks(
            "a certificate that nobody creates here", ("medium", _AT),
            before=_PODS + _HERE + _GATEWAY % "tls", after=_PODS + _HERE + _GATEWAY % "other",
        ),
        quiet("cert-manager makes it", before=_PODS + _HERE, after=_PODS + _MADE + _GATEWAY % "tls"),
        quiet("the gateway is not at hand", before=_HERE, after=_HERE + _GATEWAY % "other"),
        quiet("it was missing before", before=_PODS + _GATEWAY % "x", after=_PODS + _GATEWAY % "x"),
    ),
)  # fmt: skip
