"""A VirtualService is attached to a Gateway that serves none of its hosts.

## Why it matters

The Gateway never routes a request by it: clients get 404.

## What to do

Add a host of the VirtualService to the Gateway's servers, or attach it to another Gateway.
"""

from collections.abc import Iterator

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.resource import Resource
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.gateway_hosts import gateway_key, gateways_by_name, serves
from pipeline.core.mesh.route_parts import gateways, hosts
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks
from pipeline.core.words import listed


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    wanted, home = hosts(resource), side.home(resource)
    if resource.id.group != NETWORKING or not wanted:
        return
    for index, name in enumerate(gateways(resource)):
        key = gateway_key(name, home)
        gateway = gateways_by_name(side).get(key)
        if gateway is not None and not serves(gateway, key[0], wanted, home):
            yield StateFault(
                resource,
                ("spec", "gateways", index),
                (name,),
                f"is attached to Gateway {'/'.join(key)}, which serves none of its hosts ({listed(wanted)})",
                certain=True,
            )


_GATEWAY = (
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: edge}\n"
    "spec: {servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [%s]}]}\n---\n"
)
_ROUTE = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: v, namespace: shop}\n"
    "spec: {hosts: [%s], gateways: [edge/public, mesh]}\n---\n"
)
_API = (
    "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: edge}\n"
    "spec: {listeners: [{port: 80, hostname: %s}]}\n---\n"
)
_BEFORE = _GATEWAY % "'*.shop.example'" + _ROUTE % "www.shop.example"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"VirtualService"}),
        _faults,
        impact="The Gateway never routes by it: clients get 404.",
        fix="Add a host of the VirtualService to the Gateway's servers, or attach it to another Gateway.",
    ),
    shares=("custom-resource-changed", "mesh-gateway-missing"),
    cases=(
        speaks(
            "the Gateway's host changes",
            ("high", "spec.gateways[0]"),
            before=_BEFORE,
            after=_GATEWAY % "'*.store.example'" + _ROUTE % "www.shop.example",
        ),
        speaks(
            "the Gateway serves the host for its own namespace only",
            ("high", "spec.gateways[0]"),
            before=_BEFORE,
            after=_GATEWAY % "./www.shop.example" + _ROUTE % "www.shop.example",
        ),
        speaks(
            "a Gateway of the Gateway API listens to another host",
            ("high", "spec.gateways[0]"),
            after=_API % "shop.example" + _ROUTE % "www.shop.example",
        ),
        quiet("a listener takes every host of a domain", after=_API % "'*.shop.example'" + _ROUTE % "www.shop.example"),
        quiet(
            "one of its hosts is served",
            before=_BEFORE,
            after=_GATEWAY % "shop/www.shop.example" + _ROUTE % "web, www.shop.example",
        ),
        quiet("any host is served", before=_BEFORE, after=_GATEWAY % "'*/*'" + _ROUTE % "www.store.example"),
        quiet(
            "it was so before",
            before=_GATEWAY % "a" + _ROUTE % "b.example",
            after=_GATEWAY % "a" + _ROUTE % "b.example",
        ),
    ),
)
