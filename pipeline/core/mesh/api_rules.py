"""Rules of the Gateway API's routes in the words of a VirtualService.

istio/istio: pilot/pkg/config/kube/gateway/conversion.go.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.durations import nanoseconds
from pipeline.core.mesh.hosts import service_host
from pipeline.core.mesh.values import entries, number, text
from pipeline.core.mesh.virtual_services import Part

_Allows = Callable[[str, str], bool]
"""Whether a route may lead to the Service ``name`` of a namespace."""
_PATHS = {"Exact": "exact", "PathPrefix": "prefix", "RegularExpression": "regex"}
_FOUND = 302
_FAILED = 500
_FILTERS = frozenset(
    ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "RequestMirror", "URLRewrite", "CORS"]
)
_RETRIES = 2
_LAST = 4


class RouteName(NamedTuple):
    """The route that is read."""

    namespace: str
    name: str


def is_refused(spec: Mapping[str, Any]) -> bool:
    """Whether one rule is so wrong that Istio drops the route with all of them."""
    rules = entries(spec.get("rules"))
    kinds = (entry.get("type") for rule in rules for entry in entries(rule.get("filters")))
    backends = (entry for rule in rules for entry in entries(rule.get("backendRefs")))
    return any(kind not in _FILTERS for kind in kinds) or any(
        backend.get("kind", "Service") == "Service"
        and (not number(backend.get("port")) or "." in text(backend.get("name")))
        for backend in backends
    )


def http_rules(spec: Mapping[str, Any], own: RouteName, _names: tuple[str, ...], allows: _Allows) -> Iterator[Part]:
    """One for each match of each rule of an HTTPRoute: each has its own place in the order.

    The API server fills in a match of every path where a rule has none.
    """
    for place, rule in enumerate(entries(spec.get("rules"))):
        for match in entries(rule.get("matches")) or ({},):
            path = mapping(match.get("path"))
            uri = {_PATHS.get(text(path.get("type")), "prefix"): text(path.get("value")) or "/"}
            method = {"method": {"exact": match["method"]}} if isinstance(match.get("method"), str) else {}
            conditions = {"uri": uri, **method, **_pairs(match)}
            yield {
                "name": _name(rule, own, place),
                "match": [conditions],
                **_routed(rule, own.namespace, allows),
            }


def grpc_rules(spec: Mapping[str, Any], own: RouteName, _names: tuple[str, ...], allows: _Allows) -> Iterator[Part]:
    """Of a GRPCRoute: service and method are the path."""
    for place, rule in enumerate(entries(spec.get("rules"))):
        routed = {"name": _name(rule, own, place), **_routed(rule, own.namespace, allows)}
        if not entries(rule.get("matches")):
            yield routed
        for match in entries(rule.get("matches")):
            uri = _method(mapping(match.get("method")))
            yield {"match": [{**({"uri": uri} if uri else {}), **_pairs(match)}], **routed}


def _name(rule: Mapping[str, Any], own: RouteName, place: int) -> str:
    return text(rule.get("name")) or f"{own.namespace}.{own.name}.{place}"


def _method(method: Mapping[str, Any]) -> dict[str, str]:
    service, name = text(method.get("service")), text(method.get("method"))
    if not service and not name:
        return {}
    if not service:
        return {"regex": f"/[^/]+/{name}"}
    if method.get("type") == "RegularExpression":
        return {"regex": f"/{service}/{name or '.+'}"}
    return {"exact": f"/{service}/{name}"} if name else {"prefix": f"/{service}/"}


def l4_route(spec: Mapping[str, Any], own: RouteName, names: tuple[str, ...], allows: _Allows) -> Iterator[Part]:
    """Of a TLSRoute or a TCPRoute; a TCPRoute has no names to match."""
    for rule in entries(spec.get("rules")):
        yield {"route": _backends(rule, own.namespace, allows), "match": [{"sniHosts": list(names)}]}


def _pairs(match: Mapping[str, Any]) -> dict[str, Any]:
    pairs_of = {}
    for key, name in (("headers", "headers"), ("queryParams", "queryParams")):
        pairs = {
            text(entry.get("name")): {
                "regex" if entry.get("type") == "RegularExpression" else "exact": text(entry.get("value"))
            }
            for entry in entries(match.get(key))
        }
        if pairs:
            pairs_of[name] = pairs
    return pairs_of


def _routed(rule: Mapping[str, Any], own: str, allows: _Allows) -> Part:
    """A rule without backends, or with such of weight 0 alone, answers 500."""
    route: dict[str, Any] = {}
    for entry in entries(rule.get("filters")):
        _filtered(route, entry, own, allows)
    retry, timeouts = rule.get("retry"), mapping(rule.get("timeouts"))
    if isinstance(retry, dict):
        attempts = retry.get("attempts")
        route["retries"] = {"attempts": _RETRIES if attempts is None else number(attempts)}
    for key in ("request",) if "retries" in route else ("request", "backendRequest"):
        if nanoseconds(timeouts.get(key)):
            route["timeout"] = timeouts[key]
    backends = _backends(rule, own, allows)
    if not backends and "redirect" not in route:
        return {**route, "directResponse": {"status": _FAILED}}
    return {**route, "route": backends}


def _filtered(route: dict[str, Any], entry: Mapping[str, Any], own: str, allows: _Allows) -> None:
    kind = entry.get("type")
    if kind in ("RequestHeaderModifier", "ResponseHeaderModifier"):
        key = "requestHeaderModifier" if kind == "RequestHeaderModifier" else "responseHeaderModifier"
        changes = mapping(entry.get(key))
        side: dict[str, Any] = {
            name: {text(pair.get("name")): text(pair.get("value")) for pair in entries(changes.get(name))}
            for name in ("set", "add")
            if entries(changes.get(name))
        }
        if changes.get("remove"):
            side["remove"] = changes["remove"]
        route.setdefault("headers", {})["request" if key.startswith("request") else "response"] = side
    elif kind == "RequestRedirect":
        route["redirect"] = _redirect(mapping(entry.get("requestRedirect")))
    elif kind == "URLRewrite":
        rewrite = mapping(entry.get("urlRewrite"))
        route["rewrite"] = {"authority": text(rewrite.get("hostname")), **_path(mapping(rewrite.get("path")))}
    elif kind == "RequestMirror":
        target = _destination(mapping(mapping(entry.get("requestMirror")).get("backendRef")), own, allows)
        if target:
            route.setdefault("mirrors", []).append({"destination": target})
    elif kind == "CORS":
        route["corsPolicy"] = mapping(entry.get("cors"))


def _redirect(redirect: Mapping[str, Any]) -> Part:
    path = mapping(redirect.get("path"))
    prefix = f"%PREFIX()%{text(path.get('replacePrefixMatch'))}" if path else ""
    uri = text(path.get("replaceFullPath")) or prefix
    derived = "FROM_PROTOCOL_DEFAULT" if redirect.get("scheme") else "FROM_REQUEST_PORT"
    return {
        "uri": uri,
        "authority": text(redirect.get("hostname")),
        "scheme": text(redirect.get("scheme")),
        "redirectCode": number(redirect.get("statusCode")) or _FOUND,
        **({"port": redirect["port"]} if redirect.get("port") else {"derivePort": derived}),
    }


def _path(path: Mapping[str, Any]) -> dict[str, Any]:
    if path.get("type") == "ReplaceFullPath":
        return {"uriRegexRewrite": {"match": "/.*", "rewrite": text(path.get("replaceFullPath"))}}
    return {"uri": text(path.get("replacePrefixMatch")).removesuffix("/") or "/"} if path else {}


def _backends(rule: Mapping[str, Any], own: str, allows: _Allows) -> list[Part]:
    """Those with a weight."""
    destinations: list[Part] = []
    for entry in entries(rule.get("backendRefs")):
        weight = number(entry["weight"]) if entry.get("weight") is not None else 1
        changed: dict[str, Any] = {}
        for change in entries(entry.get("filters")):
            _filtered(changed, change, own, allows)
        if weight:
            destinations.append({"destination": _destination(entry, own, allows), "weight": weight, **changed})
    return destinations


def _destination(backend: Mapping[str, Any], own: str, allows: _Allows) -> Part:
    """Empty for what is no Service, and for a Service of another namespace without a ReferenceGrant."""
    name, space = text(backend.get("name")), text(backend.get("namespace")) or own
    kind = backend.get("kind") or "Service"
    if not name or not allows(space, name) or kind not in ("Service", "Hostname"):
        return {}
    host = name if kind == "Hostname" else service_host(name, space)
    port = number(backend.get("port"))
    return {"host": host, **({"port": {"number": port}} if port else {})}


def rank(route: Part) -> tuple[int, int, int, int, int]:
    """A key that sorts routes as the Gateway API does: exact paths, then the longest prefix, then more conditions."""
    match = next(iter(entries(route.get("match"))), None)
    if match is None:
        return (_LAST, 0, 0, 0, 0)
    kinds = {"exact": 0, "prefix": 1, "regex": 2}
    kind, value = next(iter(mapping(match.get("uri")).items()), ("", ""))
    headers, queries = mapping(match.get("headers")), mapping(match.get("queryParams"))
    length = len(value.removesuffix("/")) if kind == "prefix" and value != "/" else len(value)
    return kinds.get(kind, 3), -length, -int("method" in match), -len(headers), -len(queries)
