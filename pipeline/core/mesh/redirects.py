"""Redirects and direct responses of a VirtualService as Envoy's JSON (route.go: ApplyRedirect, ApplyDirectResponse)."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import mapping
from pipeline.core.mesh.values import number, text

_CODES = {302: "FOUND", 303: "SEE_OTHER", 307: "TEMPORARY_REDIRECT", 308: "PERMANENT_REDIRECT"}
"""301, the default, is Envoy's zero and is left out of its JSON."""
_USUAL = {("http", 80), ("https", 443)}
_OF_PREFIX = "%PREFIX()%"


def redirect(written: Mapping[str, Any], port: int, *, ends_tls: bool, by_segment: bool) -> dict[str, Any]:
    """``port`` is the one that is asked, ``ends_tls`` whether by HTTPS."""
    uri, scheme = text(written.get("uri")), text(written.get("scheme"))
    found: dict[str, Any] = {"host_redirect": text(written.get("authority"))}
    if by_segment and uri.startswith(_OF_PREFIX):
        found["prefix_rewrite"] = uri.removeprefix(_OF_PREFIX)
    else:
        found["path_redirect"] = uri
    found["scheme_redirect"] = scheme
    given = number(written.get("port"))
    if not given and written.get("derivePort") == "FROM_REQUEST_PORT":
        given = port
    usual = (scheme or ("https" if ends_tls else "http"), given) in _USUAL
    found["port_redirect"] = 0 if usual else given
    found["response_code"] = _CODES.get(number(written.get("redirectCode")), "")
    kept = ("path_redirect", "prefix_rewrite")  # Envoy prints the chosen way, even where it is empty
    return {key: value for key, value in found.items() if value or key in kept}


def direct_response(written: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"status": number(written.get("status"))}
    body = mapping(written.get("body"))
    if isinstance(body.get("string"), str):
        found["body"] = {"inline_string": body["string"]}
    elif isinstance(body.get("bytes"), str):
        found["body"] = {"inline_bytes": body["bytes"]}
    return found
