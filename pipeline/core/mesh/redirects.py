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
    settings: dict[str, Any] = {"host_redirect": text(written.get("authority"))}
    if by_segment and uri.startswith(_OF_PREFIX):
        settings["prefix_rewrite"] = uri.removeprefix(_OF_PREFIX)
    else:
        settings["path_redirect"] = uri
    settings["scheme_redirect"] = scheme
    given = number(written.get("port"))
    if not given and written.get("derivePort") == "FROM_REQUEST_PORT":
        given = port
    usual = (scheme or ("https" if ends_tls else "http"), given) in _USUAL
    settings["port_redirect"] = 0 if usual else given
    settings["response_code"] = _CODES.get(number(written.get("redirectCode")), "")
    kept = ("path_redirect", "prefix_rewrite")  # Envoy prints the chosen way, even where it is empty
    return {key: value for key, value in settings.items() if value or key in kept}


def direct_response(written: Mapping[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = {"status": number(written.get("status"))}
    body = mapping(written.get("body"))
    if isinstance(body.get("string"), str):
        response["body"] = {"inline_string": body["string"]}
    elif isinstance(body.get("bytes"), str):
        response["body"] = {"inline_bytes": body["bytes"]}
    return response
