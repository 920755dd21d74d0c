"""A VirtualService sends to a port that the Service does not have, or leaves the port open where it has several.

## Why it matters

The proxies know no cluster for that port: requests get 503. Without a port, the one of the listener is taken.

## What to do

Set ``destination.port.number`` to a port of the Service. It is the Service's port, not the container's.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.selection import service_ports
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.declared_hosts import declared
from pipeline.core.mesh.route_parts import destinations, spec
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import listed


def _ports(target: Resource) -> list[int]:
    if target.kind == "Service":
        numbers = [port.get("port") for port in service_ports(target)]
    else:
        numbers = [mapping(port).get("number") for port in sequence(spec(target).get("ports"))]
    return [port for port in numbers if isinstance(port, int)]


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    if resource.id.group != NETWORKING:
        return
    for to in destinations(resource):
        targets = list(declared(to.host, side.home(resource), side))
        ports = sorted({port for target in targets for port in _ports(target)})
        has = f"which has {listed(map(str, ports))}"
        if not ports or (to.port is None and len(ports) == 1) or to.port in ports:
            continue
        title = f"sends to port {to.port} of {to.host}, {has}" if to.port else f"names no port of {to.host}, {has}"
        yield StateFault(resource, to.path, (to.host, str(to.port)), title, certain=to.port is not None)


_SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [%s]}\n---\n"
_ROUTE = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: shop}\n"
    "spec: {hosts: [a.example], http: [{route: [{destination: {host: web%s}}]}]}\n"
)
_BEFORE = _SERVICE % "{port: 80}" + _ROUTE % ", port: {number: 80}"
_AT = "spec.http[0].route[0].destination"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.BLOCKER,
    whole=fault_check(
        frozenset({"VirtualService"}),
        _faults,
        impact="The proxies know no cluster for that port: requests get 503.",
        fix="Set destination.port.number to a port of the Service.",
        grades={Confidence.LIKELY: Severity.MEDIUM},
    ),
    shares=("custom-resource-changed", "gateway-route-dangling"),
    cases=(
        speaks(
            "the Service's port changes",
            ("blocker", _AT),
            before=_BEFORE,
            after=_SERVICE % "{port: 8080}" + _ROUTE % ", port: {number: 80}",
        ),
        speaks(
            "the Service has a second port, and none is named",
            ("medium", _AT),
            before=_SERVICE % "{port: 80}" + _ROUTE % "",
            after=_SERVICE % "{port: 80}, {port: 81}" + _ROUTE % "",
        ),
        quiet("one port, and none is named", before=_BEFORE, after=_SERVICE % "{port: 8080}" + _ROUTE % ""),
        quiet("the Service is not at hand", before=_BEFORE, after=_ROUTE % ", port: {number: 80}"),
        quiet(
            "it was so before",
            before=_SERVICE % "{port: 1}" + _ROUTE % ", port: {number: 2}",
            after=_SERVICE % "{port: 3}" + _ROUTE % ", port: {number: 2}",
        ),
    ),
)
