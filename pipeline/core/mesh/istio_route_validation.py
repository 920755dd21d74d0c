"""What Istio's admission webhook refuses of VirtualServices beyond their CRD.

Source: istio pkg/config/validation/validation.go and virtualservice.go; the messages follow Istio's.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pipeline.core.go_pattern import compiled
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, mapping
from pipeline.core.mesh.hosts import is_address, matches, subset_of
from pipeline.core.mesh.istio_names import PORTS, Refusal, is_host, is_label, maps
from pipeline.core.mesh.route_parts import MESH, claims, gateways, rules, spec, texts

_Part = Mapping[str, Any]
_ANSWERS = ("redirect", "directResponse")
_EXCLUDED = ("route", "fault", "rewrite")
_LONGEST_PATTERN = 1024
_STATUS = range(200, 601)
_REDIRECTS = range(300, 400)
_RETRIES = frozenset(
    {"5xx", "gateway-error", "reset", "reset-before-request", "connect-failure", "retriable-4xx", "refused-stream"}
    | {"retriable-status-codes", "retriable-headers", "envoy-ratelimited", "http3-post-connect-failure"}
    | {"cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable"}
)
_CODES = frozenset(str(one.value) for one in HTTPStatus)


def virtual_service_refusals(service: Resource) -> Iterator[Refusal]:
    body, hosts = spec(service), texts(spec(service).get("hosts"))
    if not any(maps(body.get(protocol)) for protocol in ("http", "tls", "tcp")):
        yield ("spec",), "http, tcp or tls must be provided in virtual service"
    yield from _hosts(service, hosts)
    for index, name in enumerate(texts(body.get("gateways"))):
        if not (all(map(is_label, name.split("/"))) if "/" in name else is_host(name)) or name.count("/") > 1:
            yield ("spec", "gateways", index), f"invalid value for gateway name: {name}"
    if not hosts:
        for key in ("gateways", "tls", "tcp"):
            if body.get(key):
                yield ("spec", key), f"delegate virtual service must have no {key} specified"
    for path, rule in rules(service):
        found = list(_rule(rule, str(path[1]), is_delegate=not hosts))
        found += _server_names(rule, hosts) if path[1] == "tls" else ()
        if MESH in gateways(service):
            found += [(place, f"routing by claim {name} is for gateways only") for place, name in claims(rule)]
        yield from (((*path, *rest), text) for rest, text in found)


def _hosts(service: Resource, hosts: Sequence[str]) -> Iterator[Refusal]:
    wrong = [host for host in hosts if not is_host(host.replace("_", "a")) and not is_address(host)]
    for host in wrong:
        yield ("spec", "hosts", hosts.index(host)), f"domain name {host} invalid"
    if "*" in hosts and MESH in gateways(service):
        yield ("spec", "hosts"), "wildcard host * is not allowed for the mesh gateway"
    elif not wrong:
        for index, host in enumerate(hosts):
            for other in hosts[:index]:
                if matches(other, host):
                    yield ("spec", "hosts"), f"duplicate hosts in virtual service: {other} & {host}"


def _server_names(rule: _Part, hosts: Sequence[str]) -> Iterator[Refusal]:
    if not maps(rule.get("match")):
        yield (), "TLS route must have at least one match condition"
    for index, match in enumerate(maps(rule.get("match"))):
        names = texts(match.get("sniHosts"))
        if not names:
            yield ("match", index), "TLS match must have at least one SNI host"
        for name in names:
            if not is_address(name) and not any(subset_of(name, host) for host in hosts):
                text = f"SNI host {name} is within none of the hosts"
                yield ("match", index, "sniHosts"), text


def _rule(rule: _Part, protocol: str, *, is_delegate: bool) -> Iterator[Refusal]:
    rule = {key: value for key, value in rule.items() if value is not None}
    routes = maps(rule.get("route"))
    if protocol == "http":
        yield from _conflicts(rule, is_delegate=is_delegate)
        yield from _patterns(rule)
        yield from _retries(mapping(rule.get("retries")))
        yield from _answers(rule)
    elif not routes:
        yield ("route",), f"{protocol.upper()} route is required"
    if len(routes) > 1 and not any(route.get("weight") for route in routes):
        yield ("route",), "total destination weight = 0"
    targets: list[tuple[Path, Any]] = [
        (("route", index, "destination"), route.get("destination")) for index, route in enumerate(routes)
    ]
    targets += [(("mirror",), rule["mirror"])] if "mirror" in rule else []
    targets += [(("mirrors", index), one.get("destination")) for index, one in enumerate(maps(rule.get("mirrors")))]
    for path, target in targets:
        yield from _target(mapping(target), path)


def _conflicts(rule: _Part, *, is_delegate: bool) -> Iterator[Refusal]:
    if "delegate" in rule and not is_delegate:
        for key in ("redirect", "route", "directResponse"):
            if rule.get(key):
                yield (key,), f"root HTTP route must not specify {key}"
        return
    if "delegate" in rule:
        yield ("delegate",), "delegate HTTP route cannot contain delegate"
    given = [key for key in _ANSWERS if key in rule]
    if len(given) > 1:
        yield (given[1],), "HTTP route rule cannot contain both direct_response and redirect"
    if "mirror" in rule and maps(rule.get("mirrors")):
        yield ("mirror",), "HTTP route cannot contain both mirror and mirrors"
    for answer in given:
        yield from (
            ((key,), f"HTTP route cannot contain both {key} and {answer}") for key in _EXCLUDED if rule.get(key)
        )
    if not given and not maps(rule.get("route")):
        yield (), "HTTP route, redirect or direct_response is required"


def _patterns(rule: _Part) -> Iterator[Refusal]:
    """The matches whose regular expression is none for Go."""
    patterns: list[tuple[Path, Any]] = []
    for index, match in enumerate(maps(rule.get("match"))):
        patterns += [(("match", index, key), match.get(key)) for key in ("uri", "scheme", "method", "authority")]
        for key in ("headers", "withoutHeaders", "queryParams"):
            patterns += [(("match", index, key, str(name)), value) for name, value in mapping(match.get(key)).items()]
    found = [((*path, "regex"), mapping(value).get("regex")) for path, value in patterns]
    origins = enumerate(maps(mapping(rule.get("corsPolicy")).get("allowOrigins")))
    found += [(("corsPolicy", "allowOrigins", index, "regex"), origin.get("regex")) for index, origin in origins]
    rewrite = mapping(mapping(rule.get("rewrite")).get("uriRegexRewrite"))
    found.append((("rewrite", "uriRegexRewrite", "match"), rewrite.get("match")))
    for path, pattern in found:
        if isinstance(pattern, str) and compiled(pattern) is None:
            yield path, f"invalid regular expression: {pattern}"
        elif isinstance(pattern, str) and len(pattern.encode()) > _LONGEST_PATTERN:
            yield path, f"regex is too large, max length allowed is {_LONGEST_PATTERN}"


def _retries(retries: _Part) -> Iterator[Refusal]:
    if not retries.get("attempts") and any(retries.get(key) for key in ("perTryTimeout", "retryOn")):
        yield ("retries",), "a retry policy needs attempts"
    words = retries.get("retryOn")
    for word in words.split(",") if isinstance(words, str) and words else ():
        if word not in _RETRIES and word not in _CODES:
            yield ("retries", "retryOn"), f"{word!r} is not a valid retryOn policy"


def _answers(rule: _Part) -> Iterator[Refusal]:
    redirect, rewrite, fault = (mapping(rule.get(key)) for key in ("redirect", "rewrite", "fault"))
    code, status = redirect.get("redirectCode"), mapping(rule.get("directResponse")).get("status")
    if "redirect" in rule and not any(redirect.get(k) for k in ("uri", "authority", "scheme", "port", "derivePort")):
        yield ("redirect",), "redirect must specify URI, authority, scheme, or port"
    if isinstance(code, int) and code and code not in _REDIRECTS:
        yield ("redirect", "redirectCode"), f"{code} is not a valid redirect code, must be 3xx"
    if redirect.get("scheme") not in (None, "", "http", "https"):
        yield ("redirect", "scheme"), 'invalid redirect scheme, must be "http" or "https"'
    if isinstance(status, int) and status not in _STATUS:
        yield ("directResponse", "status"), f"HTTP status {status} is not in range 200-599"
    if rewrite.get("uri") and "uriRegexRewrite" in rewrite:
        yield ("rewrite",), "rewrite may only contain one of URI or UriRegexRewrite"
    if "rewrite" in rule and not any(rewrite.get(key) for key in ("uri", "uriRegexRewrite", "authority")):
        yield ("rewrite",), "rewrite must specify URI, UriRegexRewrite or authority"
    if "fault" in rule and not any(key in fault for key in ("abort", "delay")):
        yield ("fault",), "HTTP fault injection must have an abort and/or a delay"
    status = mapping(fault.get("abort")).get("httpStatus")
    if isinstance(status, int) and status not in _STATUS:
        yield ("fault", "abort", "httpStatus"), f"HTTP status {status} is not in range 200-599"


def _target(target: _Part, path: Path) -> Iterator[Refusal]:
    number, host, subset = mapping(target.get("port")).get("number"), target.get("host"), target.get("subset")
    if not target:
        yield path if path[0] == "mirror" else path[:2], "destination is required"
    elif not host:
        yield path, "destination host is required"
    elif isinstance(host, str) and (host == "*" or not is_host(host)):
        yield path, f"invalid destination host {host}"
    if isinstance(subset, str) and subset and not is_label(subset):
        yield (*path, "subset"), f"subset name is invalid: {subset}"
    if isinstance(number, int) and number not in PORTS:
        yield (*path, "port"), f"port number {number} must be in the range 1..65535"
