"""A VirtualService routes by a claim of a token at a gateway whose pods check no tokens.

## Why it matters

Istio knows the claims of a request only where a RequestAuthentication has checked its token. Without one the match
never holds, and requests take another route (Istio's task "JWT claim based routing").

## What to do

Add a RequestAuthentication that selects the gateway's pods, in their namespace or in the mesh's root namespace.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from pipeline.core.analysis.new_faults import StateFault, fault_check
from pipeline.core.analysis.side_index import PodTemplate, SideIndex, pod_templates
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import NETWORKING, SECURITY
from pipeline.core.mesh.gateway_hosts import gateway_key, gateways_by_name
from pipeline.core.mesh.mesh_settings import mesh_settings
from pipeline.core.mesh.route_parts import MESH, claims, gateways, rules, spec
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Rule, quiet, speaks


@once
def _root(side: SideIndex) -> str:
    return mesh_settings(side.kinds.get("ConfigMap", ())).root_namespace


def _pods(name: str, home: str, side: SideIndex) -> list[PodTemplate]:
    """The pods of a gateway that is named ``name`` or ``namespace/name``."""
    gateway = gateways_by_name(side).get(gateway_key(name, home))
    selector = mapping(spec(gateway).get("selector")) if gateway else {}
    return [pods for pods in pod_templates(side) if selector and selector.items() <= pods.labels.items()]


def _checked(pods: PodTemplate, side: SideIndex) -> bool:
    """Whether some RequestAuthentication is for these pods."""
    for request_authentication in side.of("RequestAuthentication", SECURITY):
        named: Mapping[str, Any] = mapping(spec(request_authentication).get("selector"))
        fits = mapping(named.get("matchLabels")).items() <= pods.labels.items()
        if fits and side.home(request_authentication) in (pods.namespace, _root(side)):
            return True
    return False


def _is_checked(name: str, home: str, side: SideIndex) -> bool:
    return any(_checked(pods, side) for pods in _pods(name, home, side))


def _faults(resource: Resource, side: SideIndex) -> Iterator[StateFault]:
    routed = rules(resource) if resource.id.group == NETWORKING else ()
    path, claim = next((((*path, *rest), name) for path, rule in routed for rest, name in claims(rule)), ((), ""))
    for name in gateways(resource) if claim else ():
        pods = _pods(name, side.home(resource), side) if name != MESH else []
        if pods and not all(_checked(pod, side) for pod in pods):
            title = f"matches {claim} at Gateway {name}, whose pods check no tokens"
            there = partial(_is_checked, name, side.home(resource))
            yield StateFault(resource, path, (name,), title, is_there=there)


_ROUTE = (
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop, namespace: shop}\n"
    "spec: {hosts: [shop.example.org], gateways: [public], http: [{match: [{headers: {'%s': {exact: admin}}}], "
    "route: [{destination: {host: admin}}]}]}\n---\n"
    "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: public, namespace: shop}\n"
    "spec: {selector: {istio: edge}, servers: [{port: {number: 80, name: a, protocol: HTTP}, hosts: ['*']}]}\n---\n"
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: edge, namespace: edge}\n"
    "spec: {template: {metadata: {labels: {istio: edge}}}}\n---\n"
)
_BY_CLAIM, _BY_HEADER = _ROUTE % "@request.auth.claims.group", _ROUTE % "x-group"
_CHECK = (
    "apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: tokens, namespace: %s}\n"
    "spec: {selector: {matchLabels: {istio: edge}}, jwtRules: [{issuer: a}]}\n"
)
_PATH = "spec.http[0].match[0].headers"

RULE = Rule(
    module=__name__,
    doc=__doc__,
    severity=Severity.HIGH,
    whole=fault_check(
        frozenset({"VirtualService"}),
        _faults,
        impact="The match never holds: requests take another route.",
        fix="Add a RequestAuthentication that selects the gateway's pods.",
    ),
    shares=("custom-resource-changed",),
    cases=(
        speaks("a route by a claim", ("high", _PATH), before=_BY_HEADER, after=_BY_CLAIM),
        speaks(
            "the RequestAuthentication is removed",
            ("high", _PATH),
            before=_BY_CLAIM + _CHECK % "edge",
            after=_BY_CLAIM,
        ),
        speaks("it is in another namespace", ("high", _PATH), before=_BY_HEADER, after=_BY_CLAIM + _CHECK % "shop"),
        quiet("the gateway's pods check tokens", before=_BY_HEADER, after=_BY_CLAIM + _CHECK % "edge"),
        quiet("the whole mesh checks them", before=_BY_HEADER, after=_BY_CLAIM + _CHECK % "istio-system"),
        quiet("a header", after=_BY_HEADER),
    ),
)
