"""Documents inside strings (a ConfigMap's YAML, JSON or properties): compared by meaning, shown by path.

A text that holds no document, or whose documents do not differ, stays one change of the whole text.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

from pipeline.core.change import FieldChange, Op
from pipeline.core.yaml_read import YamlError, load_all

_LONGEST = 200_000
"""Characters; beyond it (dashboards of a megabyte) a line says more than a tree."""
_MOST_PATHS = 200


def opened(change: FieldChange, compare: Any) -> Iterator[FieldChange]:
    """The changes inside both texts, with the path of the text before theirs; else the change as it is.

    ``compare(path, old, new)`` yields the changes of two values.
    """
    if change.op is not Op.CHANGED or not isinstance(change.old, str) or not isinstance(change.new, str):
        yield change
        return
    old, new = _document(change.old), _document(change.new)
    if old is None or new is None or type(old) is not type(new):
        yield change
        return
    found = list(compare(change.path, old, new))
    if not found:  # comments, order, style: the text differs and its meaning does not
        yield FieldChange(change.path, change.op, change.old, change.new, "the same document, written otherwise")
    elif len(found) > _MOST_PATHS:
        yield change
    else:
        yield from found


def _document(text: str) -> dict[str, Any] | list[Any] | None:
    return _parsed(text) if _promising(text) else None


def _promising(text: str) -> bool:
    """Whether it is worth a parser's time: a JSON value, or several lines of ``key: value`` or ``key=value``."""
    start = text.lstrip()[:1]
    return len(text) < _LONGEST and (start in ("{", "[") or ("\n" in text and (":" in text or "=" in text)))


@lru_cache(maxsize=256)
def _parsed(text: str) -> dict[str, Any] | list[Any] | None:
    if text.lstrip()[:1] in ("{", "["):
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError:
            found = _yaml(text)
    else:
        found = _properties(text) or _yaml(text)
    return found if isinstance(found, dict | list) and found else None


def _yaml(text: str) -> Any:
    try:
        documents = load_all(text)
    except YamlError:
        return None
    return documents[0] if len(documents) == 1 else None


def _properties(text: str) -> dict[str, str] | None:
    """``key=value`` lines, with comments; None where any line is something else."""
    found: dict[str, str] = {}
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith(("#", ";", "!")):
            continue
        key, sign, value = line.partition("=")
        if not sign or " " in key.strip() or ":" in key or key.strip() in found:
            return None
        found[key.strip()] = value.strip()
    return found or None
