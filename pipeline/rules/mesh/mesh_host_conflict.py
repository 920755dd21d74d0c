"""Two objects of the mesh claim the same host: VirtualServices, Gateways of the same pods, or ServiceEntries.

ServiceEntries conflict where they give one port of the host different protocols.

## Why it matters

Istio uses one of them, which depends on their age and name. The routes of the other are dropped without a message.

## What to do

Merge them into one object, or let each be seen by its own namespaces (``exportTo``).
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.route_conflicts import claims, rival_servers, rivals
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import listed


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group != NETWORKING:
        return
    if resource.kind == "Gateway":
        for path, other in rival_servers(resource, side):
            name = _name(other, side)
            yield StateFault(
                resource, path, (name,), f"serves a port and host that Gateway {name} serves too", certain=True
            )
        return
    for claim in claims(resource, side):
        others = [_name(rival.resource, side) for rival in rivals(claim, side)]
        if others:
            with_whom = listed(sorted(set(others)))
            what = f"host {claim.what[1]}" if claim.what[0] == "host" else f"port {claim.what[2]} of {claim.what[1]}"
            more = ", with another protocol" if claim.what[0] == "port" else ""
            title = f"claims {what}, as {resource.kind} {with_whom} does{more}"
            yield StateFault(resource, claim.path, (*claim.what, *sorted(set(others))), title, certain=True)


def _name(resource: Resource, side: SideIndex) -> str:
    return f"{side.home(resource)}/{resource.id.name}"


_ROUTE = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: %s, namespace: %s}\n"
    "spec: {hosts: [%s], exportTo: [%s]}\n---\n"
)
_ENTRY = (
    "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: %s}\n"
    "spec: {hosts: [a.example], ports: [{number: 443, name: a, protocol: %s}]}\n---\n"
)
_GATEWAY = (
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: %s}\n"
    "spec: {selector: {istio: edge}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ['%s']}]}\n---\n"
)
_POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: edge, labels: {istio: edge}}\n---\n"
_FIRST = _ROUTE % ("a", "shop", "web", "'*'")

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"VirtualService", "ServiceEntry", "Gateway"}),
        _faults,
        impact="Istio uses one of them, by age and name, and drops the routes of the other.",
        fix="Merge them into one object, or let each be seen by its own namespaces (exportTo).",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks(
            "a second VirtualService for the same Service",
            ("high", "spec.hosts[0]"),
            ("high", "spec.hosts[0]"),
            before=_FIRST,
            after=_FIRST + _ROUTE % ("b", "other", "web.shop.svc.cluster.local", "'*'"),
        ),
        speaks(
            "a ServiceEntry says another protocol",
            ("high", "spec.ports[0]"),
            ("high", "spec.ports[0]"),
            before=_ENTRY % ("a", "HTTPS"),
            after=_ENTRY % ("a", "HTTPS") + _ENTRY % ("b", "HTTP"),
        ),
        speaks(
            "a second Gateway of the same pods",
            ("high", "spec.servers[0]"),
            ("high", "spec.servers[0]"),
            before=_POD + _GATEWAY % ("a", "*.example"),
            after=_POD + _GATEWAY % ("a", "*.example") + _GATEWAY % ("b", "www.example"),
        ),
        quiet(
            "each is seen in its own namespace only",
            before=_ROUTE % ("a", "shop", "web", "."),
            after=_ROUTE % ("a", "shop", "web", ".") + _ROUTE % ("b", "other", "web.shop.svc.cluster.local", "."),
        ),
        quiet(
            "the same protocol", before=_ENTRY % ("a", "HTTPS"), after=_ENTRY % ("a", "HTTPS") + _ENTRY % ("b", "https")
        ),
        quiet(
            "other hosts of the same gateway",
            before=_POD + _GATEWAY % ("a", "a.example"),
            after=_POD + _GATEWAY % ("a", "a.example") + _GATEWAY % ("b", "b.example"),
        ),
        quiet(
            "it was so before",
            before=_FIRST + _ROUTE % ("b", "shop", "web", "'*'"),
            after=_FIRST + _ROUTE % ("b", "shop", "web", "'*'"),
        ),
    ),
)
