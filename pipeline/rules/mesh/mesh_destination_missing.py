"""A VirtualService or DestinationRule names a host that no Service and no ServiceEntry declares for its namespace.

## Why it matters

The proxies know no cluster for the host: requests to it get 503, and a DestinationRule has no effect.

## What to do

Name the new host, or keep the old Service. A short name is looked up in the namespace of the object that has it.
"""

from collections.abc import Iterator
from functools import partial

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex, services
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.declared_hosts import declared, service_of
from pipeline.core.mesh.route_parts import destinations, spec
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


def _named(resource: Resource) -> Iterator[tuple[str, Path]]:
    if resource.kind == "VirtualService":
        yield from ((to.host, to.path) for to in destinations(resource))
    elif isinstance(host := spec(resource).get("host"), str):
        yield host, ("spec", "host")


def _is_declared(host: str, namespace: str, side: SideIndex) -> bool:
    return any(declared(host, namespace, side))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group != NETWORKING:
        return
    home = side.home(resource)
    for host, path in _named(resource):
        if "*" in host or _is_declared(host, home, side):
            continue
        does = "sends to" if resource.kind == "VirtualService" else "is about"
        title = f"{does} host {host}, which nothing declares for namespace {home}"
        yield StateFault(
            resource,
            path,
            (host,),
            title,
            foreign=True,
            is_there=partial(_is_declared, host, home),
            unsure=_elsewhere(host, home, side),
        )


def _elsewhere(host: str, namespace: str, side: SideIndex) -> bool:
    """Whether somebody else may declare it: a host outside the cluster, or a namespace of which no Service is known."""
    target = service_of(host, namespace)
    return target is None or not any(namespace == target[0] for namespace, _ in services(side))


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: shop}\nspec: {ports: [{port: 80}]}\n---\n"
_ROUTE = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: %s}\n"
    "spec: {hosts: [www.example], http: [{route: [{destination: {host: %s}}]}]}\n"
)
_RULE = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: d}\nspec: {host: web}\n"
_ENTRY = (
    "apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: e}\n"
    "spec: {hosts: ['*.partner.example']}\n---\n"
)
_AT = "spec.http[0].route[0].destination"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=fault_check(
        frozenset({"VirtualService", "DestinationRule"}),
        _faults,
        impact="The proxies know no cluster for the host: requests to it get 503.",
        fix="Name the new host, or keep the old Service.",
        grades={Confidence.LIKELY: Severity.HIGH},
    ),
    shares=("custom-resource-changed", "gateway-route-dangling"),
    cases=(
        speaks(
            "the Service is renamed",
            ("blocker", _AT),
            before=_SERVICE % "web" + _ROUTE % ("shop", "web"),
            after=_SERVICE % "shop" + _ROUTE % ("shop", "web"),
        ),
        speaks(
            "the DestinationRule of a removed Service",
            ("blocker", "spec.host"),
            before=_SERVICE % "web" + _RULE,
            after=_RULE,
        ),
        speaks(
            "a host that was never there",
            ("high", _AT),
            before=_SERVICE % "web" + _ROUTE % ("shop", "web"),
            after=_SERVICE % "web" + _ROUTE % ("shop", "wbe"),
        ),
        speaks(
            "its ServiceEntry is removed",
            ("blocker", _AT),
            before=_SERVICE % "web" + _ENTRY + _ROUTE % ("shop", "a.partner.example"),
            after=_SERVICE % "web" + _ROUTE % ("shop", "a.partner.example"),
        ),
        quiet(
            "a host outside the cluster",
            before=_SERVICE % "web",
            after=_SERVICE % "web" + _ROUTE % ("shop", "a.example"),
        ),
        quiet("a namespace of others", before=_SERVICE % "web", after=_SERVICE % "web" + _ROUTE % ("other", "web")),
        quiet(
            "a wildcard of a ServiceEntry",
            before=_SERVICE % "web" + _ENTRY + _ROUTE % ("shop", "web"),
            after=_SERVICE % "web" + _ENTRY + _ROUTE % ("shop", "b.partner.example"),
        ),
        quiet(
            "a first import: the Service may be applied by others", after=_SERVICE % "api" + _ROUTE % ("shop", "web")
        ),
        quiet("it was missing before", before=_ROUTE % ("shop", "web"), after=_ROUTE % ("shop", "web")),
    ),
)
