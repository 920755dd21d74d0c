"""VirtualServices, ServiceEntries and Gateways that claim the same host, so that Istio uses one of them.

Source: istio pkg/config/analysis/analyzers/virtualservice/conflictingmeshgatewayhosts.go,
serviceentry/conflictingprotocols.go and gateway/conflictinggateway.go.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.core.analysis.side_index import SideIndex, pod_templates
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import NETWORKING
from pipeline.core.mesh.declared_hosts import covers, full_host
from pipeline.core.mesh.gateway_hosts import servers
from pipeline.core.mesh.route_parts import MESH, gateways, hosts, spec, texts


class HostClaim(NamedTuple):
    """``what`` is claimed by ``resource`` at ``path``, in the way ``how``; seen in ``scopes`` (``*`` is everywhere)."""

    resource: Resource
    path: Path
    what: tuple[str, ...]
    how: str
    scopes: frozenset[str]


def rivals(claim: HostClaim, side: SideIndex) -> list[HostClaim]:
    """The claims of other objects to the same, which some namespace sees together with this one."""
    return [
        other
        for other in _claims(side).get(claim.what, ())
        if other.resource.id != claim.resource.id
        and (claim.resource.kind != "ServiceEntry" or other.how != claim.how)
        and (claim.scopes & other.scopes or "*" in claim.scopes or "*" in other.scopes)
    ]


@once
def _claims(side: SideIndex) -> dict[tuple[str, ...], list[HostClaim]]:
    claims_of: dict[tuple[str, ...], list[HostClaim]] = {}
    for kind in ("VirtualService", "ServiceEntry"):
        for resource in side.of(kind, NETWORKING):
            for claim in claims(resource, side):
                claims_of.setdefault(claim.what, []).append(claim)
    return claims_of


def claims(resource: Resource, side: SideIndex) -> Iterator[HostClaim]:
    """What a VirtualService of the sidecars, or a ServiceEntry, claims."""
    own = side.home(resource)
    scopes = frozenset(
        own if namespace == "." else namespace for namespace in texts(spec(resource).get("exportTo"))
    ) or frozenset("*")
    if resource.kind == "VirtualService" and MESH in gateways(resource):
        for index, host in enumerate(hosts(resource)):
            yield HostClaim(resource, ("spec", "hosts", index), ("host", full_host(host, own)), "", scopes)
    elif resource.kind == "ServiceEntry":
        for index, port in enumerate(map(mapping, sequence(spec(resource).get("ports")))):
            for host in texts(spec(resource).get("hosts")):
                what = ("port", host, str(port.get("number")))
                yield HostClaim(resource, ("spec", "ports", index), what, str(port.get("protocol")).upper(), scopes)


def rival_servers(gateway: Resource, side: SideIndex) -> Iterator[tuple[Path, Resource]]:
    """Servers of a Gateway that share port and host with another Gateway of the same pods, which must be at hand."""
    selector = mapping(spec(gateway).get("selector"))
    if not selector or not any(selector.items() <= pods.labels.items() for pods in pod_templates(side)):
        return
    for other in side.of("Gateway", NETWORKING):
        if other.id != gateway.id and mapping(spec(other).get("selector")) == selector:
            theirs = [server for _, server in servers(other)]
            yield from ((path, other) for path, own in servers(gateway) if any(_clash(own, one) for one in theirs))


def _clash(first: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    (number, own), (their_number, theirs) = (
        (mapping(server.get("port")).get("number"), [host.rpartition("/")[2] for host in texts(server.get("hosts"))])
        for server in (first, other)
    )
    same = number == their_number and first.get("bind") == other.get("bind")
    return same and any(covers(a, b) for a in own for b in theirs)
