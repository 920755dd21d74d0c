"""Rules of the Gateway API's routes in the words of a VirtualService.

istio/istio: pilot/pkg/config/kube/gateway/conversion.go.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.hosts import service_host
from pipeline.core.mesh.values import entries, number, text
from pipeline.core.mesh.virtual_services import Part

_Allows = Callable[[str, str], bool]
"""Whether a route may lead to the Service ``name`` of a namespace."""
_PATHS = {"Exact": "exact", "PathPrefix": "prefix", "RegularExpression": "regex"}
_FOUND = 302
_UNAVAILABLE = 500


def http_rules(spec: Mapping[str, Any], own: str, _names: tuple[str, ...], allows: _Allows) -> Iterator[Part]:
    """One for each match of each rule of an HTTPRoute: each has its own place in the order."""
    for rule in entries(spec.get("rules")):
        for match in entries(rule.get("matches")) or ({},):
            path = mapping(match.get("path"))
            uri = {_PATHS.get(text(path.get("type")), "prefix"): text(path.get("value")) or "/"}
            method = {"method": {"exact": match["method"]}} if isinstance(match.get("method"), str) else {}
            yield _routed(rule, {"uri": uri, **method, **_pairs(match)}, own, allows)


def grpc_rules(spec: Mapping[str, Any], own: str, _names: tuple[str, ...], allows: _Allows) -> Iterator[Part]:
    """Of a GRPCRoute: service and method are the path."""
    for rule in entries(spec.get("rules")):
        for match in entries(rule.get("matches")) or ({},):
            method = mapping(match.get("method"))
            service, name = text(method.get("service")), text(method.get("method"))
            if method.get("type") == "RegularExpression":
                uri = {"regex": f"/{service or '[^/]+'}/{name or '[^/]+'}"}
            elif service and name:
                uri = {"exact": f"/{service}/{name}"}
            else:
                uri = {"regex": f"/[^/]+/{re.escape(name)}"} if name else {"prefix": f"/{service}/" if service else "/"}
            yield _routed(rule, {"uri": uri, **_pairs(match)}, own, allows)


def l4_route(spec: Mapping[str, Any], own: str, names: tuple[str, ...], allows: _Allows) -> Iterator[Part]:
    """Of a TLSRoute or a TCPRoute; a TCPRoute has no names to match."""
    for rule in entries(spec.get("rules")):
        yield {"route": _backends(rule, own, allows), "match": [{"sniHosts": list(names)}]}


def _pairs(match: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for key, name in (("headers", "headers"), ("queryParams", "queryParams")):
        pairs = {
            text(one.get("name")): {
                "regex" if one.get("type") == "RegularExpression" else "exact": text(one.get("value"))
            }
            for one in entries(match.get(key))
        }
        if pairs:
            found[name] = pairs
    return found


def _routed(rule: Mapping[str, Any], match: Part, own: str, allows: _Allows) -> Part:
    found: dict[str, Any] = {"match": [match]}
    for one in entries(rule.get("filters")):
        _filtered(found, one, own, allows)
    timeouts = mapping(rule.get("timeouts"))
    for key in ("backendRequest", "request"):
        if timeouts.get(key) is not None:
            found["timeout"] = timeouts[key]
    retry = rule.get("retry")
    if isinstance(retry, dict):
        found["retries"] = {"attempts": number(retry.get("attempts")) or 1}
    if "redirect" in found:
        return found
    backends = _backends(rule, own, allows)
    if not any(backend["destination"] for backend in backends):
        return {**found, "directResponse": {"status": _UNAVAILABLE}}
    return {**found, "route": backends}


def _filtered(found: dict[str, Any], one: Mapping[str, Any], own: str, allows: _Allows) -> None:
    kind = one.get("type")
    if kind in ("RequestHeaderModifier", "ResponseHeaderModifier"):
        key = "requestHeaderModifier" if kind == "RequestHeaderModifier" else "responseHeaderModifier"
        changes = mapping(one.get(key))
        side: dict[str, Any] = {
            name: {text(pair.get("name")): text(pair.get("value")) for pair in entries(changes.get(name))}
            for name in ("set", "add")
            if entries(changes.get(name))
        }
        if changes.get("remove"):
            side["remove"] = changes["remove"]
        found.setdefault("headers", {})["request" if key.startswith("request") else "response"] = side
    elif kind == "RequestRedirect":
        found["redirect"] = _redirect(mapping(one.get("requestRedirect")))
    elif kind == "URLRewrite":
        rewrite = mapping(one.get("urlRewrite"))
        found["rewrite"] = {"authority": text(rewrite.get("hostname")), **_path(mapping(rewrite.get("path")))}
    elif kind == "RequestMirror":
        target = _destination(mapping(mapping(one.get("requestMirror")).get("backendRef")), own, allows)
        if target:
            found.setdefault("mirrors", []).append({"destination": target})
    elif kind == "CORS":
        found["corsPolicy"] = mapping(one.get("cors"))


def _redirect(redirect: Mapping[str, Any]) -> Part:
    path = mapping(redirect.get("path"))
    prefix = f"%PREFIX()%{text(path.get('replacePrefixMatch'))}" if path else ""
    uri = text(path.get("replaceFullPath")) or prefix
    return {
        "uri": uri,
        "authority": text(redirect.get("hostname")),
        "scheme": text(redirect.get("scheme")),
        "redirectCode": number(redirect.get("statusCode")) or _FOUND,
        **({"port": redirect["port"]} if redirect.get("port") else {"derivePort": "FROM_REQUEST_PORT"}),
    }


def _path(path: Mapping[str, Any]) -> dict[str, Any]:
    if path.get("type") == "ReplaceFullPath":
        return {"uriRegexRewrite": {"match": "/.*", "rewrite": text(path.get("replaceFullPath"))}}
    return {"uri": text(path.get("replacePrefixMatch"))} if path else {}


def _backends(rule: Mapping[str, Any], own: str, allows: _Allows) -> list[Part]:
    return [
        {
            "destination": _destination(one, own, allows),
            "weight": number(one["weight"]) if one.get("weight") is not None else 1,
        }
        for one in entries(rule.get("backendRefs"))
    ]


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
    match = entries(route.get("match"))[0]
    ((kind, value),) = mapping(match.get("uri")).items()
    kinds = {"exact": 0, "prefix": 1, "regex": 2}
    headers, queries = mapping(match.get("headers")), mapping(match.get("queryParams"))
    return kinds[kind], -len(value), -int("method" in match), -len(headers), -len(queries)
