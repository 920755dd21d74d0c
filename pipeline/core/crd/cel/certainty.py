"""Where the engine may answer otherwise than the API server; each was seen on kube-apiserver 1.37.2.

The engine counts bytes and not characters, its patterns know the letters and digits of all languages, it writes large
numbers, times and durations as text in other words, and the order of a list acts on each comparison. The server takes
lists of type set and map for equal in any order, and adds without doubles.
"""

import re
from collections.abc import Iterator
from typing import Any

from pipeline.core.crd.cel.field_names import escaped
from pipeline.core.crd.schema.validate import Schema
from pipeline.core.kube.resource import mapping

_BY_CHARACTER = re.compile(r"\b(?:size|matches|find|findAll)\b")
_AS_TEXT = re.compile(r"\bstring\s*\(")
_NO_PLAIN_TEXT = re.compile(r"\b(?:duration|timestamp|double)\b|\d[.eE]")
_PATH = r"[A-Za-z_]\w*(?:\s*\.\s*\w+|\s*\[[^\]]*\])*"
_LEFT = re.compile(rf"({_PATH})\s*(?:==|!=|\+)")
_RIGHT = re.compile(rf"(?:==|!=|\+)\s*({_PATH})(?!\s*[\w.(\[])")
_WHOLE = frozenset({"self", "oldSelf"})
_UNORDERED = frozenset({"set", "map"})


def is_certain(schema: Schema, text: str, values: tuple[Any, ...], *, plain: bool) -> bool:
    """Whether the engine's answer to ``text`` is the server's. In ``values`` fields have the names that CEL writes.

    ``plain`` says that all of it is ASCII.
    """
    if not (plain and text.isascii()) and _BY_CHARACTER.search(text):
        return False
    if _AS_TEXT.search(text) and (_NO_PLAIN_TEXT.search(text) or any(map(_has_double, values))):
        return False
    named = {name for value in values for name in _unordered(schema, value, "self")}
    return not named or not named & set(_compared(text))


def _compared(text: str) -> Iterator[str]:
    """The last name of each path that is compared or added to; empty for an entry, ``self`` for both wholes."""
    for path in (*_LEFT.findall(text), *_RIGHT.findall(text)):
        steps = [step.strip() for step in path.split(".")]
        if steps[-1].endswith("]"):
            yield ""
        elif len(steps) > 1:
            yield steps[-1]
        else:
            yield "self" if steps[0] in _WHOLE else ""


def _unordered(schema: Schema, value: Any, *names: str) -> set[str]:
    """The names, of ``value`` and all below, at which a list of type set or map lies, or further below."""
    names_unordered: set[str] = set()
    holds = isinstance(value, list) and bool(value) and schema.get("x-kubernetes-list-type") in _UNORDERED
    if isinstance(value, list):
        below = [_unordered(mapping(schema.get("items")), item, "") for item in value]
    elif isinstance(value, dict):
        properties = {escaped(name): below for name, below in mapping(schema.get("properties")).items()}
        extra = mapping(schema.get("additionalProperties"))
        below = [
            _unordered(mapping(properties[key]), item, key) if key in properties else _unordered(extra, item, key, "")
            for key, item in value.items()
        ]
    else:
        return names_unordered
    names_unordered.update(*below)
    return names_unordered | set(names) if holds or names_unordered else names_unordered


def _has_double(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_double, value.values()))
    if isinstance(value, list):
        return any(map(_has_double, value))
    return isinstance(value, float)
