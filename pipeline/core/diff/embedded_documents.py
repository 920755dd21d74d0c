"""Documents inside strings (a ConfigMap's YAML, JSON, TOML, INI or properties): compared by meaning, shown by path.

A text without documents, or whose documents do not differ, remains one change of the whole text, which is shown by
line (core/diff/text_diff.py).
"""

import tomllib
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import isfinite
from typing import Any, TypeAlias

import orjson

from pipeline.core.diff.change import FieldChange, Op
from pipeline.core.yaml.reader import DEEPEST, YamlError, load_all

_LONGEST = 200_000
"""Characters; beyond it a YAML parser takes longer than all the rest."""
_LONGEST_JSON = 4_000_000
_DEEPEST = 2
"""Documents in documents: a template in a file, a policy in a template."""
SAME_DOCUMENT = "the same document, written otherwise"
_MOST_PATHS = 200
"""Beyond it lines say more than paths."""

Document: TypeAlias = dict[str, Any] | list[Any]


def opened(change: FieldChange, compare: Any, depth: int = _DEEPEST) -> Iterator[FieldChange]:
    """The changes inside both texts, with the path of the text before theirs; else the change as it is.

    ``compare(path, old, new)`` yields the changes of two values.
    """
    if change.op is not Op.CHANGED or not isinstance(change.old, str) or not isinstance(change.new, str):
        yield change
        return
    old, new = documents(change)
    if old is None or new is None or type(old) is not type(new):
        yield change
        return
    edits = list(compare(change.path, old, new))
    if not edits:  # comments, order of keys, style: the text differs and its meaning does not
        yield FieldChange(change.path, change.op, change.old, change.new, SAME_DOCUMENT)
    elif len(edits) > _MOST_PATHS:
        yield change
    elif depth:
        for edit in edits:
            yield from opened(edit, compare, depth - 1)
    else:
        yield from edits


def read(name: str, text: str) -> Document | None:
    """The document that a text holds, by the name of its key; None where it holds none."""
    return next((document for reader in _formats(name, text) if (document := reader(text)) is not None), None)


def documents(change: FieldChange) -> tuple[Document | None, Document | None]:
    """Both texts, read by the first format that takes both: a TOML file may happen to be properties on one side."""
    for reader in _formats(str(change.path[-1]), change.old):
        old, new = reader(change.old), reader(change.new)
        if old is not None and new is not None:
            return old, new
    return None, None


def _formats(name: str, text: str) -> Iterator[Callable[[str], Document | None]]:
    """What is worth a parser's time: a JSON value, or several lines of ``key: value`` or ``key = value``.

    INI goes before TOML, to which ``1.10`` and ``1.1`` are one number, unless the file's name says what it is.
    """
    bracket = text.lstrip()[:1] in ("{", "[")
    if bracket:
        yield _json
    if len(text) > _LONGEST or ("\n" not in text and not bracket):
        return
    if "=" in text:
        yield from (_toml, _ini) if name.lower().endswith(".toml") else (_ini, _toml)
    if ":" in text or "- " in text or bracket:
        yield _yaml


@lru_cache(maxsize=256)
def _json(text: str) -> Document | None:
    try:
        return _filled(orjson.loads(text)) if len(text) <= _LONGEST_JSON else None
    except orjson.JSONDecodeError:
        return None


@lru_cache(maxsize=256)
def _yaml(text: str) -> Document | None:
    """One document; several maps (manifests to be applied) as a list."""
    try:
        documents = [document for document in load_all(text) if document is not None]
    except YamlError:
        return None
    if len(documents) > 1 and all(isinstance(document, dict) for document in documents):
        return documents
    return _filled(documents[0]) if len(documents) == 1 else None


@lru_cache(maxsize=256)
def _toml(text: str) -> Document | None:
    """None also for dates and infinities, which JSON has no word for."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    return _filled(document) if _is_shallow(document) and _plain(document) else None


@lru_cache(maxsize=256)
def _ini(text: str) -> Document | None:
    """``key=value`` lines, with comments, in sections or without; None where any line is something else."""
    sections: dict[str, Any] = {}
    section = sections
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith(("#", ";", "!")):
            continue
        if line.startswith("[") and line.endswith("]") and line[1:-1] and line[1:-1] not in sections:
            section = sections[line[1:-1]] = {}
            continue
        key, sign, value = line.partition("=")
        if not sign or " " in key.strip() or set(key) & set(':["{') or key.strip() in section:
            return None
        section[key.strip()] = value.strip()
    return sections or None


def _plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_plain, value.values()))
    if isinstance(value, list):
        return all(map(_plain, value))
    return isinstance(value, str | int) or (isinstance(value, float) and isfinite(value))


def _filled(value: Any) -> Document | None:
    return value if isinstance(value, dict | list) and value and _is_shallow(value) else None


def _is_shallow(value: Any) -> bool:
    """Whether it has as few levels as every other value that is compared: keys of TOML nest without brackets."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            part
            for holder in level
            for part in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(part, dict | list)
        ]
        if not level:
            return True
    return False
