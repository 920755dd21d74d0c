"""The templates of a helmfile.yaml that only name something: the environment, the release, a value.

Facts: https://helmfile.readthedocs.io/en/latest/templating/.
"""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.path import MISSING, get

_TEMPLATE = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_VALUE = re.compile(
    r"\.(?:Values|StateValues|Environment\.Values)\.([A-Za-z0-9_.]+)"
    r"(?:\s*\|\s*default\s+(\"[^\"{}]*\"|[A-Za-z0-9_.-]+))?(?:\s*\|\s*(?:quote|toString))?"
)
_GOT = re.compile(
    r"\.(?:Values|StateValues|Environment\.Values)\s*\|\s*get\s+\"([A-Za-z0-9_.]+)\""
    r"(?:\s+(\"[^\"{}]*\"|[A-Za-z0-9_.-]+))?(?:\s*\|\s*(?:quote|toString))?"
)
"""helmfile's own function, the one that takes a default where the path is not there."""
_ESCAPED = re.compile(r"\{\{-?\s*`(.*?)`\s*-?\}\}", re.DOTALL)
"""A template of a template, which is filled in release by release."""
_OF_RELEASE = re.compile(r"⟨-?\s*\.Release\.(Name|Namespace)\s*-?⟩")
LEFT = "⟨template⟩"
"""Stands where a template could not be resolved."""


def resolved(text: str, environment: str, values: Mapping[str, Any], release: str = "", namespace: str = "") -> str:
    """``text`` with the templates filled in that only name something; LEFT where another one stands."""
    known = {".Environment.Name": environment, ".Release.Name": release, ".Release.Namespace": namespace}

    def fill(match: re.Match[str]) -> str:
        what = match[1]
        if what.startswith("/*"):
            return ""
        if known.get(what):
            return known[what]
        if what.startswith(".Release."):
            return match[0].replace("{{", "⟨").replace("}}", "⟩")  # filled in once the release is known
        named = _VALUE.fullmatch(what) or _GOT.fullmatch(what)
        value = value_at(values, named[1]) if named else None
        if value is None and named and named[2]:
            value = named[2].strip('"')
        return LEFT if value is None or isinstance(value, dict | list) else _plain(value)

    return _TEMPLATE.sub(fill, _ESCAPED.sub(r"\1", text))


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def value_at(values: Mapping[str, Any], path: str) -> Any:
    value = get(values, tuple(path.split(".")))
    return None if value is MISSING else value


def of_release(value: Any, release: Mapping[str, str]) -> Any:
    """``value`` with each ``{{ .Release.Name }}`` that was set aside filled in."""
    if isinstance(value, str):
        return _OF_RELEASE.sub(lambda match: release[match[1]] or match[0], value)
    if isinstance(value, list):
        return [of_release(each, release) for each in value]
    return {key: of_release(each, release) for key, each in value.items()} if isinstance(value, dict) else value
