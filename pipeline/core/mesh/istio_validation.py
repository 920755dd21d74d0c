"""What Istio's admission webhook refuses of its own kinds beyond their CRDs: the checks that people run into.

Source: istio pkg/config/validation/validation.go and agent/validation.go; the messages follow Istio's.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.api_groups import ISTIO
from pipeline.core.mesh.hosts import is_address
from pipeline.core.mesh.istio_names import (
    PORTS,
    Refusal,
    export_refusals,
    is_host,
    is_label,
    is_range,
    maps,
    repeated,
    scoped_host,
)
from pipeline.core.mesh.istio_policy_validation import (
    authorization_refusals,
    peer_authentication_refusals,
    request_authentication_refusals,
    selector_refusals,
    sidecar_refusals,
)
from pipeline.core.mesh.istio_route_validation import virtual_service_refusals
from pipeline.core.mesh.protocols import Protocol, parse_protocol
from pipeline.core.mesh.route_parts import spec, texts
from pipeline.core.mesh.values import number

_Part = Mapping[str, Any]
_CERTIFICATES = ("credentialName", "credentialNames", "tlsCertificates", "serverCertificate")
_WITH_CERTIFICATE = frozenset({"SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"})
_PASSED = frozenset({"", "PASSTHROUGH", "AUTO_PASSTHROUGH"})
_PER_PORT = ("outlierDetection", "connectionPool", "loadBalancer", "tls")
_POLICY = (*_PER_PORT, "portLevelSettings", "tunnel", "proxyProtocol", "retryBudget")
_RANGES = frozenset({"NONE", "STATIC"})
_DNS = frozenset({"DNS", "DNS_ROUND_ROBIN"})


def refusals(resource: Resource) -> Iterator[Refusal]:
    """Path and message of each fault that Istio's webhook would name."""
    if resource.id.group not in ISTIO or not isinstance(resource.body.get("spec", {}), dict):
        return
    check = _CHECKS.get(resource.kind)
    if check is not None:
        yield from check(resource)
    if resource.kind in _EXPORTED:
        yield from export_refusals(resource)
    yield from selector_refusals(resource)


def _gateway(gateway: Resource) -> Iterator[Refusal]:
    servers = maps(spec(gateway).get("servers"))
    if not is_label(gateway.id.name):
        yield ("metadata", "name"), f"invalid gateway name: {gateway.id.name}"
    if not servers:
        yield ("spec", "servers"), "gateway must have at least one server"
    for name in repeated(mapping(server.get("port")).get("name") for server in servers):
        yield ("spec", "servers"), f"port names in servers must be unique: duplicate name {name}"
    for index, server in enumerate(servers):
        yield from ((("spec", "servers", index, *path), text) for path, text in _server(server))


def _server(server: _Part) -> Iterator[Refusal]:
    port, tls = mapping(server.get("port")), server.get("tls")
    if not texts(server.get("hosts")):
        yield ("hosts",), "server config must contain at least one host"
    for index, host in enumerate(texts(server.get("hosts"))):
        if wrong := scoped_host(host, of_gateway=True):
            yield ("hosts", index), wrong
    if not port:
        yield ("port",), "port is required"
        return
    protocol = parse_protocol(str(port.get("protocol") or ""))
    if protocol.is_sniffed:
        yield ("port", "protocol"), f"invalid protocol {port.get('protocol')!r}"
    if number(port.get("number")) not in PORTS and not str(server.get("bind") or "").startswith("unix://"):
        yield ("port", "number"), f"port number {port.get('number')} must be in the range 1..65535"
    if not port.get("name"):
        yield ("port", "name"), "port name must be set"
    if not protocol.is_sniffed:
        yield from ((("tls",), text) for text in _tls_for(protocol, tls))
    yield from ((("tls",), text) for text in _server_tls(mapping(tls)))


def _tls_for(protocol: Protocol, tls: Any) -> Iterator[str]:
    """HTTP may have the redirect to HTTPS alone."""
    if protocol.is_tls and not isinstance(tls, dict):
        yield "server must have TLS settings for HTTPS/TLS protocols"
    elif isinstance(tls, dict) and not protocol.is_tls:
        held = any(tls.get(key) for key in ("caCertificates", "privateKey", "serverCertificate"))
        if not protocol.is_http:
            yield "server cannot have TLS settings for non HTTPS/TLS ports"
        elif str(tls.get("mode") or "") not in _PASSED or held:
            yield "server cannot have TLS settings for plain text HTTP ports"


def _server_tls(tls: _Part) -> Iterator[str]:
    mode, given = str(tls.get("mode") or ""), [key for key in _CERTIFICATES if tls.get(key)]
    if mode == "ISTIO_MUTUAL":
        wrong = [key for key in (*_CERTIFICATES, "privateKey", "caCertificates") if tls.get(key)]
        yield from (f"ISTIO_MUTUAL TLS cannot have associated {key}" for key in wrong)
        return
    if len(given) > 1:
        yield f"only one of {', '.join(given)} should be specified"
    if mode not in _WITH_CERTIFICATE or tls.get("credentialName") or tls.get("credentialNames"):
        return
    prefix = "SIMPLE TLS" if mode == "SIMPLE" else "MUTUAL TLS"
    if mode != "SIMPLE" and not tls.get("caCertificates"):
        yield f"{prefix} requires a client CA bundle"
    if not given:
        yield f"{prefix} requires a server certificate"
    elif not tls.get("tlsCertificates") and not tls.get("privateKey"):
        yield f"{prefix} requires a private key"


def _destination_rule(rule: Resource) -> Iterator[Refusal]:
    host = spec(rule).get("host")
    if not host:
        yield ("spec", "host"), "destination rule must have a host"
    elif isinstance(host, str) and not is_host(host):
        yield ("spec", "host"), f"domain name {host} invalid"
    subsets = maps(spec(rule).get("subsets"))
    for name in repeated(subset.get("name") for subset in subsets):
        yield ("spec", "subsets"), f"duplicate subset names: {name}"
    for index, subset in enumerate(subsets):
        name = str(subset.get("name") or "")
        if not is_label(name):
            yield (
                ("spec", "subsets", index),
                f"subset name is invalid: {name}" if name else "subset name cannot be empty",
            )
        yield from _policy(subset.get("trafficPolicy"), ("spec", "subsets", index, "trafficPolicy"))
    yield from _policy(spec(rule).get("trafficPolicy"), ("spec", "trafficPolicy"))


def _policy(policy: Any, path: Path) -> Iterator[Refusal]:
    if not isinstance(policy, dict):
        return
    if all(policy.get(key) in (None, []) for key in _POLICY):
        yield path, "traffic policy must have at least one field"
    yield from _settings(policy, path)
    for index, level in enumerate(maps(policy.get("portLevelSettings"))):
        at = (*path, "portLevelSettings", index)
        if not isinstance(level.get("port"), dict):
            yield at, "portTrafficPolicy must have valid port"
        if all(level.get(key) is None for key in _PER_PORT):
            yield at, "port traffic policy must have at least one field"
        yield from _settings(level, at)


def _settings(policy: _Part, path: Path) -> Iterator[Refusal]:
    tls, pool, outlier = (mapping(policy.get(key)) for key in ("tls", "connectionPool", "outlierDetection"))
    cookie = mapping(mapping(policy.get("loadBalancer")).get("consistentHash")).get("httpCookie")
    if tls.get("mode") in ("SIMPLE", "MUTUAL") and tls.get("credentialName"):
        if any(tls.get(key) for key in ("clientCertificate", "caCertificates", "privateKey", "caCrl")):
            yield (*path, "tls"), "no certificate files are allowed beside credentialName"
    elif tls.get("mode") == "MUTUAL":
        for key, name in (("clientCertificate", "client certificate"), ("privateKey", "private key")):
            if not tls.get(key):
                yield (*path, "tls"), f"{name} required for mutual tls"
    if isinstance(policy.get("connectionPool"), dict) and not any(key in pool for key in ("http", "tcp")):
        yield (*path, "connectionPool"), "connection pool must have at least one field"
    if outlier.get("consecutiveLocalOriginFailures") and not outlier.get("splitExternalLocalOriginErrors"):
        text = "consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors"
        yield (*path, "outlierDetection"), text
    if isinstance(cookie, dict) and not cookie.get("name"):
        yield (*path, "loadBalancer", "consistentHash", "httpCookie"), "name required for HttpCookie"


def _service_entry(entry: Resource) -> Iterator[Refusal]:
    body = spec(entry)
    hosts, ports, endpoints = texts(body.get("hosts")), maps(body.get("ports")), maps(body.get("endpoints"))
    resolution = str(body.get("resolution") or "NONE")
    if not hosts:
        yield ("spec", "hosts"), "service entry must have at least one host"
    for index, host in enumerate(hosts):
        if host == "*" or not is_host(host):
            yield ("spec", "hosts", index), f"invalid host {host}"
    if endpoints and body.get("workloadSelector"):
        yield ("spec", "endpoints"), "only one of WorkloadSelector or Endpoints is allowed in Service Entry"
    for index, address in enumerate(texts(body.get("addresses"))):
        if not is_range(address):
            yield ("spec", "addresses", index), f"{address} is not a valid address"
        elif "/" in address and resolution not in _RANGES:
            yield ("spec", "addresses", index), "CIDR addresses need resolution NONE or STATIC"
    if resolution != "NONE" and len(hosts) > 1:
        protocols = [parse_protocol(str(port.get("protocol") or "")) for port in ports]
        if not all(protocol.is_http or protocol.is_tls for protocol in protocols):
            yield ("spec", "hosts"), "multiple hosts with ports that are neither HTTP nor TLS"
    yield from _entry_ports(ports)
    yield from _endpoints(hosts, endpoints, resolution)


def _entry_ports(ports: list[_Part]) -> Iterator[Refusal]:
    for key in ("name", "number"):
        for value in repeated(port.get(key) for port in ports):
            yield ("spec", "ports"), f"service entry port {key} {value} already defined"
    for index, port in enumerate(ports):
        name, protocol = str(port.get("name") or ""), str(port.get("protocol") or "")
        if not is_label(name):
            yield ("spec", "ports", index, "name"), f"invalid port name: {name}"
        if protocol and parse_protocol(protocol).is_sniffed:
            yield ("spec", "ports", index, "protocol"), f"unsupported protocol: {protocol}"
        if number(port.get("number")) not in PORTS:
            yield ("spec", "ports", index, "number"), f"port number {port.get('number')} must be in the range 1..65535"


def _endpoints(hosts: list[str], endpoints: list[_Part], resolution: str) -> Iterator[Refusal]:
    if resolution == "NONE" and endpoints:
        yield ("spec", "endpoints"), "no endpoints should be provided for resolution type none"
    if resolution in _DNS and not endpoints and any("*" in host for host in hosts):
        yield ("spec", "hosts"), f"hosts must be FQDN without endpoints for resolution {resolution}"
    if resolution == "DNS_ROUND_ROBIN" and len(endpoints) > 1:
        yield ("spec", "endpoints"), f"there must only be 0 or 1 endpoint for resolution mode {resolution}"
    for index, one in enumerate(endpoints):
        address, path = str(one.get("address") or ""), ("spec", "endpoints", index)
        if resolution == "STATIC" and not address and not one.get("network"):
            yield path, "address is required"
        elif resolution == "STATIC" and address and not address.startswith("unix://") and not is_address(address):
            yield path, f"endpoint address {address} is not a valid IP address"
        elif resolution in _DNS and not is_address(address) and ("*" in address or not is_host(address)):
            yield path, f"endpoint address {address} is not a valid FQDN or an IP address"


_CHECKS: dict[str, Callable[[Resource], Iterator[Refusal]]] = {
    "Gateway": _gateway,
    "VirtualService": virtual_service_refusals,
    "DestinationRule": _destination_rule,
    "ServiceEntry": _service_entry,
    "Sidecar": sidecar_refusals,
    "PeerAuthentication": peer_authentication_refusals,
    "RequestAuthentication": request_authentication_refusals,
    "AuthorizationPolicy": authorization_refusals,
}
_EXPORTED = frozenset({"VirtualService", "DestinationRule", "ServiceEntry"})
VALIDATED = frozenset(_CHECKS) | {"Telemetry", "WasmPlugin"}
