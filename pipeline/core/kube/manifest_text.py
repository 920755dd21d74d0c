"""Finds manifests in a text: each document of a stream by itself, the texts in documents, and what is no YAML."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.core.kube.resource import CRD_KIND
from pipeline.core.yaml.reader import YamlError, load_all

_DEEPEST = 3
"""Texts in texts that are read as documents; what stands deeper is searched as text."""
_START = re.compile(r"(?m)^(?=---(?:\s|$))")
_KIND = re.compile(r"(?i)kind\W{0,5}:(?:\W{0,40}|[^\n,]{0,200}[^A-Za-z0-9\n,])secret(?:list)?(?![A-Za-z0-9])")
# An entry counts only where its value is more than a placeholder of a template or of a shell, and not empty.
_VALUE = (
    r"""(?!#)(?!["'\\]{0,4}(?:\{\{|\$|<|%))"""
    r"""(?!(?:""|''|\\"\\"|null|~)?\s*(?:[,}]|\s#|$))\S"""
)
_HEAD = re.compile(
    r"""([ \t]*)(?:-[ \t]+)*+["']?(?:data|stringData)["']?:[ \t]*+(?:[&!]\S*+[ \t]*+)*+\{?\s*+(?:#.*)?$"""
)
_ENTRY = re.compile(rf"""[ \t]*+(?:-[ \t]+(?=\S)|(?:"[^"]*+"|'[^']*+'|[\w.-]++)[ \t]*+:[ \t]++){_VALUE}""")
# The braces are read possessively, and what was begun matches: time is linear.
_BRACES = re.compile(r"""(?<!\w)(?:data|stringData)["'\\]{0,4}\s*+:\s*+\{((?:\{\{[^{}]*+\}\}|[^{}])*+)""")
_IN_BRACES = re.compile(rf"""(?:^|,)[\s"'\\]*+[\w.-]++["'\\]{{0,4}}\s*+:\s*+{_VALUE}""")


def documents_in(text: str, concerns: Callable[[str], bool], depth: int = 0) -> Iterator[tuple[Any, str]]:
    """``(document, "")`` of each document in a text and in the texts of its documents, ``(None, text)`` of others.

    Only texts that ``concerns`` is true of are read. Linear in the text's length: a text that aliases repeat is read
    once.
    """
    for part, documents in _streams(text, concerns):
        if documents is None:
            yield None, part
            continue
        for document in documents:
            if isinstance(document, dict) and document.get("kind") == CRD_KIND:
                continue
            if isinstance(document, str):  # a line of a script is a scalar in YAML
                yield None, part
            yield document, ""
            for inner in sorted(one for one in _texts(document) if one != text and concerns(one)):
                if depth < _DEEPEST:
                    yield from documents_in(inner, concerns, depth + 1)
                else:
                    yield None, inner


def speaks_of_data(text: str) -> bool:
    """Whether a text that is no whole YAML holds a Secret with a value: a script, a template, a part of a stream."""
    plain = text.replace("\\n", "\n")
    if not _KIND.search(plain):
        return False
    return _in_lines(plain) or any(_IN_BRACES.search(match[1]) for match in _BRACES.finditer(plain))


def _streams(text: str, concerns: Callable[[str], bool]) -> Iterator[tuple[str, list[Any] | None]]:
    """The whole text, or each of its documents where it is no YAML as a whole; None where one is not."""
    whole = _read(text)
    if whole is not None:
        yield text, whole
        return
    for part in _START.split(text):
        if concerns(part):
            yield part, None if part == text else _read(part)


def _read(text: str) -> list[Any] | None:
    try:
        return load_all(text)
    except YamlError:
        return None


def _texts(document: Any) -> set[str]:
    texts: set[str] = set()
    left = [document]
    while left:
        value = left.pop()
        if isinstance(value, str):
            texts.add(value)
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, list):
            left += value
    return texts


def _in_lines(text: str) -> bool:
    """Whether an entry with a value stands below a line ``data:``."""
    below = -1
    for line in text.splitlines():
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if 0 <= below < indent and _ENTRY.match(line):
            return True
        if not 0 <= below < indent:
            head = _HEAD.match(line)
            below = len(head[1]) if head else -1
    return False
