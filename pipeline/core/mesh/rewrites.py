"""Rewrites of paths and of the Host header (route.go: applyHTTPRouteDestination, TranslateHeadersOperations)."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.values import text

_HOST_HEADERS = frozenset({":authority", "host"})


def rewrite(written: Any, match: Mapping[str, Any], *, by_segment: bool) -> dict[str, Any]:
    """``prefix_rewrite`` or ``regex_rewrite``, where a path is rewritten."""
    settings = mapping(written)
    by_regex = mapping(settings.get("uriRegexRewrite"))
    if by_regex:
        return {"regex_rewrite": _regex(text(by_regex.get("match")), text(by_regex.get("rewrite")))}
    uri = text(settings.get("uri"))
    if uri == "/" and by_segment:
        prefix = re.escape(str(match.get("path_separated_prefix", "")))
        return {"regex_rewrite": _regex(f"^{prefix}(/?)(.*)", "/\\2")}
    return {"prefix_rewrite": uri} if uri else {}


def _regex(pattern: str, substitution: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"pattern": {"regex": pattern}}
    return {**settings, "substitution": substitution} if substitution else settings


def authority_of(headers: Any) -> str:
    """The Host header that ``headers.request`` sets; ``set`` comes before ``add``."""
    request = mapping(mapping(headers).get("request"))
    for key in ("set", "add"):
        for name, value in mapping(request.get(key)).items():
            if name.lower() in _HOST_HEADERS and isinstance(value, str):
                return value
    return ""
