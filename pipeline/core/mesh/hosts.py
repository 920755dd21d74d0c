"""Host names as Istio resolves and matches them (istio/istio: pkg/config/host, pilot/pkg/model/conversion)."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import TypeVar

CLUSTER_DOMAIN = "cluster.local"
MESH_GATEWAY = "mesh"
"""The name that binds a VirtualService to all sidecars."""

HostEntry = TypeVar("HostEntry")


def service_host(name: str, namespace: str, domain: str = CLUSTER_DOMAIN) -> str:
    """The full name of a Kubernetes Service."""
    return f"{name}.{namespace}.svc.{domain}"


def resolve_host(host: str, namespace: str, domain: str = CLUSTER_DOMAIN) -> str:
    """A short name becomes the Service of the namespace in which the rule stands. A name with a dot stays as it is.

    So ``reviews.shop`` is no short form for Istio: it names a host ``reviews.shop``.
    """
    if not host or host == "*" or "." in host:
        return host
    return service_host(host, namespace, domain)


def resolve_gateway(name: str, namespace: str) -> str:
    """``namespace/name`` of a Gateway. ``gateway.namespace`` is an old form; ``mesh`` stays."""
    if name == MESH_GATEWAY:
        return name
    own, slash, rest = name.partition("/")
    if slash:
        return f"{namespace}/{rest}" if own == "." else name
    if "." not in name:
        return f"{namespace}/{name}"
    first, _, rest = name.partition(".")
    return f"{rest.partition('.')[0]}/{first}"


def is_wildcard(host: str) -> bool:
    return host.startswith("*")


def matches(one: str, other: str) -> bool:
    """Whether two hosts have a name in common."""
    if is_wildcard(one) and is_wildcard(other):
        longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
        return longer[1:].endswith(shorter[1:])
    if is_wildcard(one):
        return other.endswith(one[1:])
    return one.endswith(other[1:]) if is_wildcard(other) else one == other


def subset_of(one: str, other: str) -> bool:
    """Whether ``other`` covers every name of ``one``."""
    if is_wildcard(one):
        return is_wildcard(other) and len(one) >= len(other) and one[1:].endswith(other[1:])
    return one.endswith(other[1:]) if is_wildcard(other) else one == other


def intersection(some: Iterable[str], others: Iterable[str]) -> list[str]:
    """The narrower host of each pair that overlaps, in the order found."""
    right, shared = tuple(others), dict[str, None]()
    for host in some:
        for other in right:
            if subset_of(host, other):
                shared[host] = None
            elif subset_of(other, host):
                shared[other] = None
    return list(shared)


def most_specific(host: str, exact: Mapping[str, HostEntry], wildcards: Mapping[str, HostEntry]) -> HostEntry | None:
    """What is registered for ``host`` itself, else for the longest wildcard that covers it."""
    if is_wildcard(host):
        if host in wildcards:
            return wildcards[host]
    elif host in exact:
        return exact[host]
    tail = host[1:] if is_wildcard(host) else host
    best = max((name for name in wildcards if tail.endswith(name[1:])), key=len, default=None)
    return None if best is None else wildcards[best]


def order(host: str) -> tuple[bool, int, str]:
    """A key that sorts hosts as Istio does: the longest first, wildcards last."""
    return (is_wildcard(host), -len(host), host)


def is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def for_domain(host: str) -> str:
    """An IPv6 address stands in brackets."""
    return f"[{host}]" if ":" in host and is_address(host) else host


def alternatives(host: str, namespace: str, domain: str = CLUSTER_DOMAIN) -> list[str]:
    """The other names under which a client in ``namespace`` reaches ``host``: with a final dot, and shortened."""
    forms = [] if is_address(host) else [f"{host}."]
    suffix = f".svc.{domain}"
    if not host.endswith(suffix) or host.find(".svc.") <= 0:
        return forms
    before = host[: host.find(".svc.")]
    name, dot, own = before.partition(".")
    if not dot:
        return forms
    if own == namespace:
        return [*forms, name, f"{before}.svc", before]
    return [*forms, before, f"{before}.svc"]
