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
        repository = mapping(entry)
        for what in _complaints(repository):
            yield ("repositories", name), what


def _complaints(repository: Mapping[str, Any]) -> Iterator[str]:
    for setting in _ALTERNATIVES:
        if f"{setting}Env" in repository and f"{setting}File" in repository:
            yield f"{setting}Env and {setting}File are two ways to say the same; keep one"
    for first, second in _PAIRS:
        if _given(repository, first) and not _given(repository, second):
            yield f"{_named(repository, first)} needs {_forms(second)} beside it"
        if _given(repository, second) and not _given(repository, first):
            yield f"{_named(repository, second)} needs {_forms(first)} beside it"
    if _given(repository, "token") and _given(repository, "username"):
        yield f"{_named(repository, 'token')} and usernameEnv are two ways to log in; keep one"
    if without_query(str(repository.get("url"))).endswith("/index.yaml"):
        yield "the URL of a chart repository is that of the folder which index.yaml lies in: leave /index.yaml out"
    if "plainHTTP" in repository and not str(repository.get("url")).startswith("oci://"):
        yield "plainHTTP is for OCI registries; the URL of a chart repository says http:// itself"


def _given(repository: Mapping[str, Any], setting: str) -> bool:
    return f"{setting}Env" in repository or f"{setting}File" in repository


def _named(repository: Mapping[str, Any], setting: str) -> str:
    return f"{setting}Env" if f"{setting}Env" in repository else f"{setting}File"


def _forms(setting: str) -> str:
    return "usernameEnv" if setting == "username" else f"{setting}Env or {setting}File"
