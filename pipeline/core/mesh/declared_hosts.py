"""How Istio reads the hosts that its objects name: short names, full names, wildcards, and a namespace before a slash.

Source: istio pkg/config/analysis/analyzers/util/hosts.go and pkg/config/host/name.go.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.core.analysis.side_index import SideIndex, services
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.memo import once
from pipeline.core.mesh.api_groups import NETWORKING

_SUFFIX = ".svc.cluster.local"


def full_host(host: str, namespace: str) -> str:
    """A name without dots is a Service of ``namespace``; all others are taken as they stand."""
    return host if "." in host or host == "*" else f"{host}.{namespace}{_SUFFIX}"


def service_of(host: str, namespace: str) -> tuple[str, str] | None:
    """Namespace and name of the Service that a host means; None for a host that is none of the cluster's.

    ``name.namespace`` and ``name.namespace.svc``, which Istio takes for a foreign host, are what people mean by them.
    """
    name, *rest = host.split(".")
    if not name or "*" in host:
        return None
    if not rest:
        return namespace, name
    return (rest[0], name) if rest[1:] in ([], ["svc"], ["svc", "cluster", "local"]) else None


def covers(pattern: str, host: str) -> bool:
    """Whether two hosts have a name in common, where either may begin with ``*``.

    >>> covers("*.shop.example", "www.shop.example"), covers("shop.example", "*.example"), covers("a.b", "b.b")
    (True, True, False)
    """
    wild, other = pattern.startswith("*"), host.startswith("*")
    if wild and other:
        short, long = sorted((pattern[1:], host[1:]), key=len)
        return long.endswith(short)
    if wild:
        return host.endswith(pattern[1:])
    return pattern.endswith(host[1:]) if other else pattern == host


def exported(scopes: list[Any], own: str, namespace: str) -> bool:
    """Whether an object of the namespace ``own`` is seen from ``namespace``; ``exportTo`` says all by default."""
    return not scopes or any(scope == "*" or namespace == (own if scope == "." else scope) for scope in scopes)


def _service_scopes(service: Resource) -> list[Any]:
    text = service.annotations.get("networking.istio.io/exportTo")
    return [word.strip() for word in text.split(",") if word.strip()] if isinstance(text, str) else []


@once
def external_hosts(side: SideIndex) -> tuple[tuple[str, Resource], ...]:
    """Every host that a ServiceEntry declares, with the entry."""
    return tuple(
        (host, entry)
        for entry in side.of("ServiceEntry", NETWORKING)
        for host in sequence(mapping(entry.body.get("spec")).get("hosts"))
        if isinstance(host, str)
    )


def declared(host: str, namespace: str, side: SideIndex) -> Iterator[Resource]:
    """The Services and ServiceEntries that answer for a host as an object of ``namespace`` names it."""
    target = service_of(host, namespace)
    service = services(side).get(target) if target else None
    if service is not None and exported(_service_scopes(service), side.home(service), namespace):
        yield service
    full = full_host(host, namespace)
    for known, entry in external_hosts(side):
        scopes = sequence(mapping(entry.body.get("spec")).get("exportTo"))
        if covers(known, full) and exported(scopes, side.home(entry), namespace):
            yield entry
