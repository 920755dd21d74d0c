"""What Istio takes for a name, a host and a list of namespaces, shared by the checks of its kinds.

Source: istio pkg/config/validation/agent/validation.go, pkg/config/labels and pkg/config/visibility.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.hosts import is_address
from pipeline.core.mesh.route_parts import spec, texts

Refusal = tuple[Path, str]
PORTS = range(1, 65536)
_LABEL = re.compile(r"[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?")
_FIRST = re.compile(rf"\*(?:-?{_LABEL.pattern})?|{_LABEL.pattern}")
_LONGEST = 255


def maps(value: Any) -> list[Mapping[str, Any]]:
    return [mapping(one) for one in sequence(value)]


def repeated(values: Iterable[Any]) -> list[str]:
    return [value for value, times in Counter(str(one) for one in values if one).items() if times > 1]


def is_label(name: str) -> bool:
    """One part of a DNS name; Istio lets capital letters pass.

    >>> is_label("v1"), is_label("V1"), is_label("v1.0"), is_label("")
    (True, True, False, False)
    """
    return _LABEL.fullmatch(name) is not None


def is_host(host: str) -> bool:
    """A DNS name whose first part may be or begin with ``*``.

    >>> is_host("*.shop.example"), is_host("web"), is_host("web:80"), is_host("http://web"), is_host("a.*.example")
    (True, True, False, False, False)
    """
    first, *rest = host.removesuffix(".").split(".")
    return len(host) <= _LONGEST and _FIRST.fullmatch(first) is not None and all(map(is_label, rest))


def is_range(address: str) -> bool:
    """An IP address, or a range of them."""
    try:
        ip_network(address, strict=False)
    except ValueError:
        return False
    return True


def is_partial(host: str) -> bool:
    """A wildcard that is not a whole part of the name, as ``*shop.example``."""
    return "*" in host and host != "*" and not host.startswith("*.")


def scoped_host(host: str, *, of_gateway: bool) -> str:
    """What is wrong with ``namespace/host`` of a Gateway or a Sidecar; empty where nothing is."""
    namespace, slash, name = host.partition("/")
    if not slash:
        if not of_gateway:
            return f"host {host} must be of form namespace/dnsName"
        namespace, name = "*", host
    if namespace not in ("*", ".") and not is_label(namespace) and (of_gateway or namespace != "~"):
        return f"invalid namespace value {namespace}"
    if name != "*" and "." not in name and not is_address(name):
        return f"short names (non FQDN) are not allowed: {name}"
    if is_partial(name):
        return f"partial wildcard {name} not allowed"
    return "" if is_host(name) or (of_gateway and is_address(name)) else f"domain name {name} invalid"


def export_refusals(resource: Resource) -> Iterator[Refusal]:
    """Faults of ``exportTo``: namespaces twice, ``*`` or ``~`` beside others, what is no namespace."""
    given, own = texts(spec(resource).get("exportTo")), resource.id.namespace
    names = [own if one == "." and own else one for one in given]
    entry = resource.kind == "ServiceEntry"
    for name in repeated(names):
        yield ("spec", "exportTo"), f"duplicate entries in exportTo: {name}"
    if len(given) > 1 and "*" in given:
        yield ("spec", "exportTo"), "exportTo cannot have * and others"
    if entry and len(given) > 1 and "~" in given:
        yield ("spec", "exportTo"), "exportTo cannot have ~ (nobody) and others"
    for index, name in enumerate(given):
        if name not in (".", "*") and not (entry and name == "~") and not is_label(name):
            yield ("spec", "exportTo", index), f"exportTo takes ., * or a namespace, not {name}"
