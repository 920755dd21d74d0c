"""Rules across fields of a Service, an Ingress, a NetworkPolicy or an EndpointSlice.

Source: k8s.io/kubernetes/pkg/apis/core/validation (ValidateService) and pkg/apis/networking/validation.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.kube.validation.invalid import Context, Invalid, Span
from pipeline.core.kube.validation.lenient import entries, mapping, text
from pipeline.core.kube.validation.pod_rules import one_of
from pipeline.core.kube.validation.predicates import cidr, ip, subdomain
from pipeline.core.yaml.positions import Steps

_NO_NODE_PORTS = {"ClusterIP", "ExternalName"}


def _service(value: Mapping[str, Any], path: Steps, context: Context) -> Iterator[Invalid]:
    kind, ports = text(value.get("type")) or "ClusterIP", entries(value.get("ports"))
    address = value.get("clusterIP")
    if kind == "ExternalName":
        if not subdomain(text(value.get("externalName")).rstrip(".") or "-"):
            wanted = "a lowercase DNS name where type is ExternalName"
            yield Invalid((*path, "externalName"), "externalName", wanted, value.get("externalName") or "")
        if address not in (None, "", "None"):
            yield Invalid((*path, "clusterIP"), "clusterIP", "absent where type is ExternalName", address)
    elif not ports and address != "None":
        yield Invalid((*path, "ports"), "ports", "set", "", missing=True)
    yield from _addresses(value, path, kind)
    yield from _ports(ports, path, kind)
    yield from _balancer(value, path, kind)
    del context


def _addresses(value: Mapping[str, Any], path: Steps, kind: Any) -> Iterator[Invalid]:
    address = value.get("clusterIP")
    if isinstance(address, str) and address not in ("", "None") and not ip(address):
        yield Invalid((*path, "clusterIP"), "clusterIP", "an IP address, None or empty", address)
    if address == "None" and kind in ("NodePort", "LoadBalancer"):
        yield Invalid((*path, "clusterIP"), "clusterIP", f"no None where type is {kind}", address)
    ranges = value.get("loadBalancerSourceRanges")
    for index, range_ in enumerate(ranges if isinstance(ranges, list) else ()):
        if isinstance(range_, str) and not cidr(range_.strip()):
            where = (*path, "loadBalancerSourceRanges", index)
            yield Invalid(where, "loadBalancerSourceRanges", "a network in CIDR notation", range_)


def _ports(ports: list[tuple[int, dict[str, Any]]], path: Steps, kind: Any) -> Iterator[Invalid]:
    names: set[str] = set()
    pairs: set[tuple[Any, Any]] = set()
    for index, port in ports:
        name, where = text(port.get("name")), (*path, "ports", index)
        if not name and len(ports) > 1:
            yield Invalid((*where, "name"), "name", "set", "", missing=True)
        if name and name in names:
            yield Invalid((*where, "name"), "name", "unique in the Service", name)
        names.add(name)
        pair = (str(port.get("port")), text(port.get("protocol")) or "TCP")
        if pair in pairs:
            yield Invalid((*where, "port"), "port", "unique for its protocol", port.get("port"))
        pairs.add(pair)
        if port.get("nodePort") and kind in _NO_NODE_PORTS:
            yield Invalid((*where, "nodePort"), "nodePort", f"absent where type is {kind}", port["nodePort"])


def _balancer(value: Mapping[str, Any], path: Steps, kind: Any) -> Iterator[Invalid]:
    """What only a LoadBalancer, or only a Service that is reachable from outside, may have."""
    for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass", "loadBalancerSourceRanges"):
        if kind != "LoadBalancer" and value.get(field) not in (None, [], ""):
            yield Invalid((*path, field), field, "absent unless type is LoadBalancer", value[field])
    local = value.get("externalTrafficPolicy")
    if value.get("healthCheckNodePort") and not (kind == "LoadBalancer" and local == "Local"):
        wanted = "absent unless type is LoadBalancer and externalTrafficPolicy is Local"
        where = (*path, "healthCheckNodePort")
        yield Invalid(where, "healthCheckNodePort", wanted, value["healthCheckNodePort"])
    outside = kind in ("NodePort", "LoadBalancer") or value.get("externalIPs")
    if local and not outside:
        wanted = "absent unless type is NodePort or LoadBalancer"
        yield Invalid((*path, "externalTrafficPolicy"), "externalTrafficPolicy", wanted, local)
    affinity = mapping(value.get("sessionAffinityConfig"))
    if affinity and (value.get("sessionAffinity") or "None") == "None":
        wanted = "absent where sessionAffinity is None"
        yield Invalid((*path, "sessionAffinityConfig"), "sessionAffinityConfig", wanted, affinity)


def _ingress(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if value.get("defaultBackend") is None and not value.get("rules"):
        yield Invalid(path, "rules", "given rules or a defaultBackend", value)


def _ingress_path(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    kind, route = value.get("pathType"), value.get("path")
    if kind in ("Exact", "Prefix") and not text(route).startswith("/"):
        yield Invalid((*path, "path"), "path", f"a path that begins with / where pathType is {kind}", route or "")
    elif kind in ("Exact", "Prefix") and any(part in text(route) for part in ("//", "/./", "/../", "%2f", "%2F")):
        yield Invalid((*path, "path"), "path", "a path without //, /./, /../ and %2f", route)
    elif route and not text(route).startswith("/"):
        yield Invalid((*path, "path"), "path", "a path that begins with /", route)


def _backend_port(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    if bool(value.get("name")) == bool(value.get("number")):
        yield Invalid(path, "number", "given a name or a number", value)


def _network_port(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    port, end = value.get("port"), value.get("endPort")
    if end is None:
        return
    if not isinstance(port, int):
        yield Invalid((*path, "endPort"), "endPort", "absent unless port is a number", end)
    elif isinstance(end, int) and end < port:
        yield Invalid((*path, "endPort"), "endPort", "at least port", end)


def _block(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    outer, exceptions = text(value.get("cidr")), value.get("except")
    if not cidr(outer):
        return
    whole = ipaddress.ip_network(outer, strict=False)
    for index, exception in enumerate(exceptions if isinstance(exceptions, list) else ()):
        if not (isinstance(exception, str) and cidr(exception)):
            continue
        inner = ipaddress.ip_network(exception, strict=False)
        if inner.version != whole.version or inner == whole or not inner.subnet_of(whole):  # type: ignore[arg-type]
            yield Invalid((*path, "except", index), "except", f"a smaller network inside {outer}", exception)


def _peer(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    others = [field for field in ("podSelector", "namespaceSelector") if value.get(field) is not None]
    if value.get("ipBlock") is not None and others:
        yield Invalid((*path, "ipBlock"), "ipBlock", f"absent where {others[0]} is set", value["ipBlock"])
    elif value.get("ipBlock") is None and not others:
        yield Invalid(path, "podSelector", "given a podSelector, a namespaceSelector or an ipBlock", value)


def _slice(value: Mapping[str, Any], path: Steps, _context: Context) -> Iterator[Invalid]:
    """The addresses are of the kind that the slice names."""
    version = {"IPv4": 4, "IPv6": 6}.get(text(value.get("addressType")))
    for index, endpoint in entries(value.get("endpoints")):
        addresses = endpoint.get("addresses")
        for at, address in enumerate(addresses if isinstance(addresses, list) else ()):
            where = (*path, "endpoints", index, "addresses", at)
            if (
                version
                and isinstance(address, str)
                and ip(address)
                and ipaddress.ip_address(address).version != version
            ):
                yield Invalid(where, "addresses", f"an {value['addressType']} address", address)
            elif version is None and isinstance(address, str) and not subdomain(address):
                yield Invalid(where, "addresses", "a lowercase DNS name", address)


SERVICES: Mapping[str, tuple[Span, ...]] = {
    "core.v1.ServiceSpec": (_service,),
    "networking.v1.IngressSpec": (_ingress,),
    "networking.v1.HTTPIngressPath": (_ingress_path,),
    "networking.v1.IngressBackend": (one_of(("service", "resource")),),
    "networking.v1.ServiceBackendPort": (_backend_port,),
    "networking.v1.NetworkPolicyPort": (_network_port,),
    "networking.v1.NetworkPolicyPeer": (_peer,),
    "networking.v1.IPBlock": (_block,),
    "discovery.v1.EndpointSlice": (_slice,),
}
