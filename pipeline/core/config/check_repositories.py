"""Checks of ``repositories:`` in pipeline.yaml that a schema says badly: which settings need or exclude which."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.charts.chart_urls import without_query
from pipeline.core.kube.resource import mapping

_PAIRS = (("username", "password"), ("cert", "key"))
_ALTERNATIVES = ("password", "token", "ca", "cert", "key")


def repository_complaints(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """Where (``repositories``, name), and what is wrong."""
    for name, entry in mapping(data.get("repositories")).items():
        one = mapping(entry)
        for what in _complaints(one):
            yield ("repositories", name), what


def _complaints(one: Mapping[str, Any]) -> Iterator[str]:
    for setting in _ALTERNATIVES:
        if f"{setting}Env" in one and f"{setting}File" in one:
            yield f"{setting}Env and {setting}File are two ways to say the same; keep one"
    for first, second in _PAIRS:
        if _given(one, first) and not _given(one, second):
            yield f"{_named(one, first)} needs {_forms(second)} beside it"
        if _given(one, second) and not _given(one, first):
            yield f"{_named(one, second)} needs {_forms(first)} beside it"
    if _given(one, "token") and _given(one, "username"):
        yield f"{_named(one, 'token')} and usernameEnv are two ways to log in; keep one"
    if without_query(str(one.get("url"))).endswith("/index.yaml"):
        yield "the URL of a chart repository is that of the folder which index.yaml lies in: leave /index.yaml out"
    if "plainHTTP" in one and not str(one.get("url")).startswith("oci://"):
        yield "plainHTTP is for OCI registries; the URL of a chart repository says http:// itself"


def _given(one: Mapping[str, Any], setting: str) -> bool:
    return f"{setting}Env" in one or f"{setting}File" in one


def _named(one: Mapping[str, Any], setting: str) -> str:
    return f"{setting}Env" if f"{setting}Env" in one else f"{setting}File"


def _forms(setting: str) -> str:
    return "usernameEnv" if setting == "username" else f"{setting}Env or {setting}File"
