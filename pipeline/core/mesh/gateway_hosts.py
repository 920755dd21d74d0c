"""Which Gateways there are, and which hosts they serve for a VirtualService.

Source: istio pkg/config/analysis/analyzers/virtualservice/gateways.go.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.analysis.side_index import SideIndex
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import GATEWAY_API, NETWORKING
from pipeline.core.mesh.declared_hosts import covers
from pipeline.core.mesh.route_parts import spec, texts

_GROUPS = (GATEWAY_API, NETWORKING)
"""The later one wins."""


@once
def gateways_by_name(side: SideIndex) -> dict[tuple[str, str], Resource]:
    """Istio's Gateways by namespace and name; where there is none of a name, that of the Gateway API.

    A VirtualService may name either (istio/istio pull request 60776).
    """
    return {(side.home(one), one.id.name): one for group in _GROUPS for one in side.of("Gateway", group)}


def gateway_key(name: str, namespace: str) -> tuple[str, str]:
    """``namespace/name``, or a name alone in the namespace of who names it."""
    first, slash, second = name.partition("/")
    return (first, second) if slash else (namespace, name)


def servers(gateway: Resource) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for index, server in enumerate(sequence(spec(gateway).get("servers"))):
        yield ("spec", "servers", index), mapping(server)


def serves(gateway: Resource, own: str, hosts: list[str], namespace: str) -> bool:
    """Whether a Gateway of the namespace ``own`` serves one of ``hosts`` to a VirtualService of ``namespace``."""
    if gateway.id.group == GATEWAY_API:
        names = [mapping(one).get("hostname") or "*" for one in sequence(spec(gateway).get("listeners"))]
        return any(covers(str(name), host) for name in names for host in hosts)
    for _, server in servers(gateway):
        for text in texts(server.get("hosts")):
            scope, slash, host = text.partition("/")
            if not slash:
                scope, host = "*", text
            seen = scope in ("*", namespace) or (scope == "." and own == namespace)
            if seen and any(covers(host, one) for one in hosts):
                return True
    return False
