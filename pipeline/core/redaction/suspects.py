"""Which of our values may be secret when a render fails: nearly all, since it is unknown where they would be used.

Left visible is what reveals nothing: words, versions, quantities, small numbers, and what the chart itself holds,
which everybody can read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.core.redaction.forms import SHORTEST
from pipeline.core.redaction.ordinary import COMMON, WORD
from pipeline.core.redaction.parts import looks_random

_TOKEN = re.compile(r"[^\s\"'`,;|(){}\[\]<>=]+")
_PIECES = re.compile(r"[\s:,;\[\]{}#&*!|>'\"%@`=()]+")
_PLAIN = re.compile(
    r"(?i)v?\d+(?:\.\d+){1,3}(?:[-+][a-z0-9.]{0,12})?|\d+(?:\.\d+)?(?:[munkKMGTPE]i?|ms|s|h|d|%)?|[0-9a-f:.]+/\d{1,2}"
)
_LARGEST_PORT = 65_535
_SHORT = 4
"""Characters; a shorter value cannot be distinguished from the words around it."""
_STARTS = "*&!%@`|>?#-{[\"' \t"
"""What means something to YAML at the start of a value: it is dropped or reported before the rest."""


def public_words(texts: Iterable[str], defaults: Iterable[str]) -> frozenset[str]:
    """The words of a chart. Of its default values (``defaults``) only those that do not look like tokens."""
    words: set[str] = set()
    for text in texts:
        words.update(_words(text))
    for text in defaults:
        words.update(word for word in _words(text) if not looks_random(word))
    return frozenset(words)


def suspects(layer: Any, public: frozenset[str]) -> Iterator[str]:
    """The values in ``layer``, and keys that look like tokens, that must not be shown; and their pieces."""
    for text in _scalars(layer):
        if not _is_plain(text, public):
            yield text
            bare = text.lstrip(_STARTS)
            if bare != text and len(bare) >= _SHORT:
                yield bare
            yield from (piece for piece in _PIECES.split(text) if not _is_plain(piece, public))


def suspects_in_text(text: str, public: frozenset[str]) -> Iterator[str]:
    """The same of a text that is more than values: every piece of it that looks like a token."""
    return (piece for piece in _PIECES.split(text) if looks_random(piece) and not _is_plain(piece, public))


def without_short(text: str, suspected: Iterable[str]) -> str:
    """``text`` without those of ``suspected`` that are too short to be looked for in every form."""
    short = sorted(
        {value for value in suspected if _SHORT <= len(value) < SHORTEST}, key=lambda value: (-len(value), value)
    )
    if not short:
        return text
    return re.sub(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, short))})(?![\w-])", "***", text)


def _words(text: str) -> Iterator[str]:
    for word in _TOKEN.findall(text):
        yield word
        yield word.strip(".:-$")


def _is_plain(text: str, public: frozenset[str]) -> bool:
    bare = text.strip()
    if len(bare) < _SHORT or bare.lower() in COMMON or bare in public:
        return True
    if bare.isdecimal():
        return int(bare) <= _LARGEST_PORT
    if _PLAIN.fullmatch(bare):
        return True
    return bool(WORD.fullmatch(bare)) and all(part in public for part in re.split(r"[-_.]", bare))


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if looks_random(str(key)):
                yield str(key)
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
