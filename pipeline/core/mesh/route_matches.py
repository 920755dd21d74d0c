"""The match of a VirtualService's HTTP route as Envoy's RouteMatch.

istio/istio: pilot/pkg/networking/core/route/route.go (TranslateRouteMatch).
"""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.route_parts import CLAIM
from pipeline.core.mesh.values import text

_Match = Mapping[str, Any]
_PSEUDO = (("method", ":method"), ("authority", ":authority"), ("scheme", ":scheme"))
_JWT_FILTER = "envoy.filters.http.jwt_authn"


def route_match(match: _Match | None, *, by_segment: bool = False) -> dict[str, Any]:
    """``match`` is None for a route without any. ``by_segment`` is for routes of the Gateway API."""
    if match is None:
        return {"prefix": "/"}
    conditions = _path(match.get("uri"), by_segment=by_segment)
    conditions["case_sensitive"] = match.get("ignoreUriCase") is not True
    headers, metadata = _headers(match)
    headers += [_header(name, match[key]) for key, name in _PSEUDO if isinstance(match.get(key), dict)]
    if headers:
        conditions["headers"] = headers
    if metadata:
        conditions["dynamic_metadata"] = metadata
    parameters = [_parameter(name, condition) for name, condition in sorted(mapping(match.get("queryParams")).items())]
    if parameters:
        conditions["query_parameters"] = parameters
    return conditions if conditions["case_sensitive"] else {**conditions, "case_sensitive": False}


def _path(uri: Any, *, by_segment: bool) -> dict[str, Any]:
    if not isinstance(uri, dict):
        return {"prefix": "/"}
    if isinstance(uri.get("exact"), str):
        return {"path": uri["exact"]}
    if isinstance(uri.get("regex"), str):
        return {"safe_regex": {"regex": uri["regex"]}}
    prefix = uri.get("prefix")
    if not isinstance(prefix, str):
        return {"prefix": "/"}
    if by_segment and prefix != "/":
        return {"path_separated_prefix": prefix.removesuffix("/")}
    return {"prefix": prefix}


def _headers(match: _Match) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    headers, metadata = [], []
    for name, wanted in mapping(match.get("headers")).items():
        if name.startswith(CLAIM):
            metadata.append(_claim(name, wanted))
        else:
            headers.append(_header(name, wanted))
    for name, unwanted in mapping(match.get("withoutHeaders")).items():
        if name.startswith(CLAIM):
            metadata.append({**_claim(name, unwanted), "invert": True})
            continue
        condition = {**_header(name, unwanted), "invert_match": True}
        if "present_match" not in condition:
            condition["treat_missing_header_as_empty"] = True
        headers.append(condition)
    return sorted(headers, key=lambda header: str(header["name"])), metadata


def _header(name: str, wanted: Any) -> dict[str, Any]:
    return {"name": name, **_wanted(wanted)}


_parameter = _header


def _wanted(value: Any) -> dict[str, Any]:
    """An empty match, and the regex ``*``, ask only that it is there."""
    condition = _string_match(value)
    if condition is None or condition == {"safe_regex": {"regex": "*"}}:
        return {"present_match": True}
    return {"string_match": condition}


def _string_match(value: Any) -> dict[str, Any] | None:
    match = mapping(value)
    for key in ("exact", "prefix"):
        if isinstance(match.get(key), str):
            return {key: match[key]}
    regex = match.get("regex")
    return {"safe_regex": {"regex": regex}} if isinstance(regex, str) else None


def _claim(name: str, wanted: Any) -> dict[str, Any]:
    """A claim of a JSON Web Token: a string, or one of a list."""
    rest = name.removeprefix(CLAIM)
    claims = re.findall(r"\[([^\]]*)\]", rest) if rest.startswith("[") else [part for part in rest.split(".") if part]
    match = _string_match(wanted) or {}
    one = {"string_match": match}
    return {
        "filter": _JWT_FILTER,
        "path": [{"key": "payload"}, *({"key": claim} for claim in claims)],
        "value": {"or_match": {"value_matchers": [one, {"list_match": {"one_of": one}}]}},
    }


def matches_source(match: _Match | None, pod: Mapping[str, str], gateways: frozenset[str], namespace: str) -> bool:
    """Whether a match is for a proxy with these labels, of this namespace, or bound to one of these gateways."""
    if match is None:
        return True
    wanted = match.get("gateways")
    if isinstance(wanted, list) and wanted:
        return any(isinstance(name, str) and name in gateways for name in wanted)
    labels = mapping(match.get("sourceLabels"))
    if any(pod.get(key) != value for key, value in labels.items()):
        return False
    source = text(match.get("sourceNamespace"))
    return not source or source == namespace
