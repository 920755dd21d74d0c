"""Recognises credentials in plain text: first by the name of the key, then by the value."""

import re
from collections.abc import Iterator
from typing import Any

from pipeline.core.diff.embedded_documents import read
from pipeline.core.kube.path import Path

_SHORTEST = 6
_LONGEST = 500
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_ENDS = (
    ("password",), ("passwd",), ("passphrase",), ("secret",), ("token",), ("apikey",), ("api", "key"),
    ("access", "key"), ("secret", "key"), ("private", "key"), ("client", "secret"), ("encryption", "key"),
    ("signing", "key"), ("auth", "key"), ("accesskey",), ("secretkey",), ("credentials",),
)  # fmt: skip
_OPEN_ENDS = frozenset({("access", "key"), ("accesskey",), ("credentials",), ("token",), ("secret",)})
"""Ends that name other things as well: an account's id, a file, an object. Their values must look random."""
_RANDOM = 16
_REFERS = re.compile(r"[$<{%/]|\{\{|.*(?:\$\{|\$\(|\{\{|://)|\.{1,2}/")
_PRIVATE = "PRIVATE KEY-----"
_NAMES = ("passw", "passphrase", "secret", "token", "key", "credential", "://")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@${}<>]+:(?![$<{%])[^@/\s]{3,}@[\w.-]+", re.IGNORECASE)


def may_hold(key: str, value: Any) -> bool:
    """Whether it is worth taking the text apart: it, or its key, has one of the words that name a credential."""
    if not isinstance(value, str):
        return True
    low = f"{key}\n{value}".lower()
    return any(name in low for name in _NAMES)


def in_the_open(value: Any, path: Path) -> Iterator[Path]:
    """Where ``value``, which stands at ``path``, holds what looks like a credential; documents in it too."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from in_the_open(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from in_the_open(item, (*path, index))
    elif isinstance(value, str) and value:
        document = read(str(path[-1]) if path else "", value)
        if document is not None:
            yield from in_the_open(document, path)
        elif looks_secret(str(path[-1]) if path else "", value):
            yield path


def looks_secret(key: str, value: str) -> bool:
    """Whether a value under this key is a credential itself, and neither refers to one nor is a word.

    >>> looks_secret("adminPassword", "hunter22"), looks_secret("passwordFile", "hunter22")
    (True, False)
    """
    if _PRIVATE in value or _URL.search(value):
        return True
    text = value.strip()
    if not _SHORTEST <= len(text) <= _LONGEST or any(map(str.isspace, text)) or _REFERS.match(text):
        return False
    words = tuple(word.lower() for word in _WORDS.findall(key))
    end = next((end for end in _ENDS if words[-len(end) :] == end), None)
    if end is None or text.lower() in ("true", "false"):
        return False
    return end not in _OPEN_ENDS or _random(text)


def _random(text: str) -> bool:
    """Letters and digits in one long run: no name of an object."""
    longest = max(re.split(r"[-._:/@]", text), key=len)
    return len(longest) >= _RANDOM and any(map(str.isdigit, longest)) and any(map(str.isalpha, longest))
