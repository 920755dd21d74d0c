"""What Istio's admission webhook refuses of its own kinds beyond their CRDs: the checks that people run into.

Source: istio pkg/config/validation/validation.go and agent/validation.go; the messages are Istio's.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.go_pattern import compiled
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping, sequence
from pipeline.core.mesh.api_groups import ISTIO
from pipeline.core.mesh.route_parts import MESH, gateways, rules, spec, texts

Refusal = tuple[Path, str]
_WITH_TLS = frozenset({"HTTPS", "TLS"})
_HTTP = frozenset({"HTTP", "HTTP2", "GRPC", "GRPC-WEB"})
_PORTS = range(1, 65536)
_ANSWERS = ("redirect", "directResponse", "delegate")


def refusals(resource: Resource) -> Iterator[Refusal]:
    """Path and message of each fault that Istio's webhook would name."""
    check = _CHECKS.get(resource.kind) if resource.id.group in ISTIO else None
    if check is not None and isinstance(resource.body.get("spec", {}), dict):
        yield from check(resource)
    if resource.id.group in ISTIO:
        yield from _targets(resource)


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [mapping(entry) for entry in sequence(value)]


def _repeated(values: Iterable[Any]) -> list[Any]:
    return [value for value, times in Counter(str(entry) for entry in values if entry).items() if times > 1]


def _gateway(gateway: Resource) -> Iterator[Refusal]:
    servers = _maps(spec(gateway).get("servers"))
    if not servers:
        yield ("spec", "servers"), "gateway must have at least one server"
    for name in _repeated(mapping(server.get("port")).get("name") for server in servers):
        yield ("spec", "servers"), f"port names in servers must be unique: duplicate name {name}"
    for index, server in enumerate(servers):
        yield from ((("spec", "servers", index, *path), text) for path, text in _server(server))


def _server(server: Mapping[str, Any]) -> Iterator[Refusal]:
    port, tls = mapping(server.get("port")), mapping(server.get("tls"))
    protocol = str(port.get("protocol") or "").upper()
    if not texts(server.get("hosts")):
        yield ("hosts",), "server config must contain at least one host"
    if not port:
        yield ("port",), "port is required"
        return
    if not port.get("name"):
        yield ("port", "name"), "port name must be set"
    if protocol in _WITH_TLS and "tls" not in server:
        yield ("tls",), "server must have TLS settings for HTTPS/TLS protocols"
    elif tls and protocol not in _WITH_TLS | _HTTP:
        yield ("tls",), "server cannot have TLS settings for non HTTPS/TLS ports"
    held = any(tls.get(key) for key in ("credentialName", "credentialNames", "tlsCertificates", "serverCertificate"))
    if protocol in _WITH_TLS and tls.get("mode") in ("SIMPLE", "MUTUAL") and not held:
        yield ("tls",), f"{tls['mode']} TLS requires a server certificate"


def _virtual_service(service: Resource) -> Iterator[Refusal]:
    body = spec(service)
    if not any(sequence(body.get(protocol)) for protocol in ("http", "tls", "tcp")):
        yield ("spec",), "http, tcp or tls must be provided in virtual service"
    hosts = texts(body.get("hosts"))
    for host in _repeated(hosts):
        yield ("spec", "hosts"), f"duplicate hosts in virtual service: {host}"
    if "*" in hosts and MESH in gateways(service):
        yield ("spec", "hosts"), "wildcard host * is not allowed for virtual services bound to the mesh gateway"
    for index, name in enumerate(texts(body.get("gateways"))):
        if "~" in name:
            yield ("spec", "gateways", index), f"invalid value for gateway name: {name}"
    for path, rule in rules(service):
        yield from (((*path, *rest), text) for rest, text in _rule(rule, str(path[1])))


def _rule(rule: Mapping[str, Any], protocol: str) -> Iterator[Refusal]:
    routes = _maps(rule.get("route"))
    if protocol != "http" and not routes:
        yield ("route",), f"{protocol.upper()} route is required"
    if protocol == "http" and not routes and not any(key in rule for key in _ANSWERS):
        yield (), "HTTP route, redirect or direct_response is required"
    if routes and "redirect" in rule:
        yield ("redirect",), "HTTP route cannot contain both route and redirect"
    yield from _patterns(rule)
    for index, match in enumerate(_maps(rule.get("match")) if protocol == "tls" else ()):
        if not texts(match.get("sniHosts")):
            yield ("match", index), "TLS match must have at least one SNI host"
    if len(routes) > 1 and not any(route.get("weight") for route in routes):
        yield ("route",), "total destination weight = 0"
    for index, route in enumerate(routes):
        yield from _target(mapping(route.get("destination")), ("route", index))


def _patterns(rule: Mapping[str, Any]) -> Iterator[Refusal]:
    """The matches whose regular expression is none for Go."""
    patterns: list[tuple[Path, Any]] = []
    for index, match in enumerate(_maps(rule.get("match"))):
        patterns += [(("match", index, key), match.get(key)) for key in ("uri", "scheme", "method", "authority")]
        for key in ("headers", "withoutHeaders", "queryParams"):
            patterns += [(("match", index, key, str(name)), value) for name, value in mapping(match.get(key)).items()]
    origins = _maps(mapping(rule.get("corsPolicy")).get("allowOrigins"))
    patterns += [(("corsPolicy", "allowOrigins", index), origin) for index, origin in enumerate(origins)]
    for path, value in patterns:
        pattern = mapping(value).get("regex")
        if isinstance(pattern, str) and compiled(pattern) is None:
            yield (*path, "regex"), f"invalid regular expression: {pattern}"


def _target(target: Mapping[str, Any], path: Path) -> Iterator[Refusal]:
    number = mapping(target.get("port")).get("number")
    if not target:
        yield path, "destination is required"
    elif not target.get("host"):
        yield (*path, "destination"), "destination host is required"
    if isinstance(number, int) and number not in _PORTS:
        yield (*path, "destination", "port"), f"port number {number} must be in the range 1..65535"


def _destination_rule(rule: Resource) -> Iterator[Refusal]:
    if not spec(rule).get("host"):
        yield ("spec", "host"), "destination rule must have a host"
    subsets = _maps(spec(rule).get("subsets"))
    for name in _repeated(subset.get("name") for subset in subsets):
        yield ("spec", "subsets"), f"duplicate subset names: {name}"
    for index, subset in enumerate(subsets):
        if not subset.get("name"):
            yield ("spec", "subsets", index), "subset name cannot be empty"
        yield from _policy(mapping(subset.get("trafficPolicy")), ("spec", "subsets", index, "trafficPolicy"))
    yield from _policy(mapping(spec(rule).get("trafficPolicy")), ("spec", "trafficPolicy"))


def _policy(policy: Mapping[str, Any], path: Path) -> Iterator[Refusal]:
    levels = enumerate(_maps(policy.get("portLevelSettings")))
    for tls, at in [(policy.get("tls"), path), *((p.get("tls"), (*path, "portLevelSettings", n)) for n, p in levels)]:
        settings = mapping(tls)
        if settings.get("mode") == "MUTUAL" and not settings.get("credentialName"):
            if not settings.get("clientCertificate"):
                yield (*at, "tls"), "client certificate required for mutual tls"
            elif not settings.get("privateKey"):
                yield (*at, "tls"), "private key required for mutual tls"


def _service_entry(entry: Resource) -> Iterator[Refusal]:
    body = spec(entry)
    hosts, ports, endpoints = texts(body.get("hosts")), _maps(body.get("ports")), _maps(body.get("endpoints"))
    if not hosts:
        yield ("spec", "hosts"), "service entry must have at least one host"
    if "*" in hosts:
        yield ("spec", "hosts"), "invalid host *"
    for key in ("name", "number"):
        for value in _repeated(port.get(key) for port in ports):
            yield ("spec", "ports"), f"service entry port {key} {value} already defined"
    if endpoints and body.get("workloadSelector"):
        yield ("spec", "endpoints"), "only one of WorkloadSelector or Endpoints is allowed in Service Entry"
    resolution = str(body.get("resolution") or "NONE")
    if resolution == "NONE" and endpoints:
        yield ("spec", "endpoints"), "no endpoints should be provided for resolution type none"
    if resolution == "STATIC" and not endpoints and not body.get("workloadSelector"):
        yield ("spec", "endpoints"), "endpoints must be provided if service entry resolution mode is static"
    if resolution in ("DNS", "DNS_ROUND_ROBIN") and not endpoints and any("*" in host for host in hosts):
        yield ("spec", "hosts"), f"hosts must be FQDN if no endpoints are provided for resolution mode {resolution}"


def _peer_authentication(policy: Resource) -> Iterator[Refusal]:
    if spec(policy).get("portLevelMtls") and not mapping(spec(policy).get("selector")).get("matchLabels"):
        yield ("spec", "portLevelMtls"), "mesh and namespace policies cannot have port level mTLS: set a selector"


def _authorization(policy: Resource) -> Iterator[Refusal]:
    body = spec(policy)
    provider = mapping(body.get("provider")).get("name")
    if body.get("action") == "CUSTOM" and not provider:
        yield ("spec", "provider"), "action CUSTOM requires a provider"
    if body.get("action") == "CUSTOM" and not sequence(body.get("rules")):
        yield ("spec", "rules"), "action CUSTOM requires rules"
    if body.get("action") == "DENY" and not sequence(body.get("rules")):
        yield ("spec", "rules"), "a DENY policy without rules does nothing and will never be triggered"


def _targets(resource: Resource) -> Iterator[Refusal]:
    body = spec(resource)
    targets = [key for key in ("targetRef", "targetRefs") if body.get(key)]
    if targets and body.get("selector"):
        yield ("spec", targets[0]), "only one of targetRefs or workloadSelector can be set"


_CHECKS: dict[str, Callable[[Resource], Iterator[Refusal]]] = {
    "Gateway": _gateway,
    "VirtualService": _virtual_service,
    "DestinationRule": _destination_rule,
    "ServiceEntry": _service_entry,
    "PeerAuthentication": _peer_authentication,
    "AuthorizationPolicy": _authorization,
}
VALIDATED = frozenset(_CHECKS) | {"RequestAuthentication", "Telemetry", "WasmPlugin"}
