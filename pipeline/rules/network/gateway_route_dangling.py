"""A route of a gateway or mesh refers to a Service, port or Gateway that no longer exists.

## Why it matters

Clients get 500 or 503 once the Service is removed; a route without its Gateway is not served at all.

## What to do

Point the route to the new Service, port or Gateway, or keep the old one.
"""

from collections.abc import Iterator

from pipeline.core.analysis.backends import dangling_backends
from pipeline.core.analysis.dangling import dangling
from pipeline.core.analysis.references import Reference
from pipeline.core.analysis.routes import ROUTES
from pipeline.core.kube.resource import Resource, ResourceId, mapping, sequence
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Hit, Rule, place, quiet, speaks
from pipeline.core.risk.upgrade import Upgrade

_GROUP = "gateway.networking.k8s.io"


def check(upgrade: Upgrade) -> Iterator[Hit]:
    for resource, backend in dangling_backends(upgrade, ROUTES):
        yield Hit(
            place(resource, backend.path),
            title=f"{resource.kind} {resource.id.name} sends requests to {backend}, which no longer exists",
            impact="Clients get 500 or 503.",
            fix="Point the route to the new Service or port, or keep the old one.",
        )
    for resource, reference in dangling(upgrade, ROUTES, _gateways):
        yield Hit(
            place(resource, reference.path),
            title=f"{resource.kind} {resource.id.name} belongs to Gateway {reference.id.name}, which no longer exists",
            impact="It is not served, unless the Gateway exists elsewhere.",
            fix="Attach the route to the new Gateway, or keep the old one.",
        )


def _gateways(route: Resource) -> Iterator[Reference]:
    for index, parent_ref in enumerate(map(mapping, sequence(mapping(route.body.get("spec")).get("parentRefs")))):
        if parent_ref.get("kind", "Gateway") == "Gateway" and parent_ref.get("group", _GROUP) == _GROUP:
            namespace = str(parent_ref.get("namespace") or route.id.namespace)
            target = ResourceId(_GROUP, "Gateway", namespace, str(parent_ref.get("name")))
            yield Reference(target, ("spec", "parentRefs", index))


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: %s}]}\n---\n"
_GATEWAY = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g}\n---\n"
_ROUTE = (
    "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\n"
    "spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: a, port: 80}]}]}\n"
)
_VIRTUAL = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v}\n"
    "spec: {http: [{route: [{destination: {host: a.shop.svc.cluster.local, port: {number: 80}}}]}]}\n"
)
_BACKEND = ("blocker", "spec.rules[0].backendRefs[0]")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=check,
    cases=(
        speaks("its Service is removed", _BACKEND, before=_SERVICE % 80 + _ROUTE, after=_ROUTE),
        speaks("its port is removed", _BACKEND, before=_SERVICE % 80 + _ROUTE, after=_SERVICE % 9 + _ROUTE),
        speaks("its Gateway is removed", ("blocker", "spec.parentRefs[0]"), before=_GATEWAY + _ROUTE, after=_ROUTE),
        speaks(
            "a VirtualService's host is removed",
            ("blocker", "spec.http[0].route[0].destination"),
            before=_SERVICE % 80 + _VIRTUAL,
            after=_VIRTUAL,
        ),
        quiet("neither existed before", before=_ROUTE, after=_ROUTE),
        quiet("another port is added", before=_SERVICE % 80 + _ROUTE, after=_SERVICE % "80}, {port: 81" + _ROUTE),
    ),
)
