"""Unpacks what stands in a text in base64 or hexadecimal, compressed or not."""

import base64
import binascii
import re
import string
import zlib
from collections.abc import Iterator

from pipeline.core.character_runs import CharacterClass

_CHARACTERS = CharacterClass(f"{string.ascii_letters}{string.digits}+/_-")
_SHORTEST, _SHORTEST_LINE = 24, 20
_STARTS = r"(?:(?<![A-Za-z0-9+/_\\-])|(?<=\\[nrt]))"
"""A line break that JSON wrote ends a token as well."""
_TOKEN = re.compile(rf"{_STARTS}[A-Za-z0-9+/_-]{{{_SHORTEST},}}+={{0,2}}")
# In lines, as base64 and openssl write it. Repetitions are possessive, and what was begun matches: time is linear.
_LINE = rf"[A-Za-z0-9+/_-]{{{_SHORTEST_LINE},}}+(?:\\{{1,2}}[nr]|\s)++"
_IN_LINES = re.compile(rf"{_STARTS}((?:{_LINE})++)([A-Za-z0-9+/_-]*+={{0,2}})")
_GAPS = re.compile(r"\\{1,2}[nr]|\s+")
_HEXADECIMAL = re.compile(r"(?:1f8b|1F8B)08[0-9A-Fa-f]{24,}")
_LARGEST = 4_000_000
"""Bytes unpacked from one token: more than an object of Kubernetes can hold."""
_MOST = 16_000_000
"""Characters unpacked from all tokens of one text."""
_GZIP, _ZLIB = b"\x1f\x8b", b"\x78"


def unpacked(text: str) -> Iterator[tuple[int, int, str]]:
    """``(start, end, inside)`` of each token in ``text`` that packs a text, in no order; one level deep."""
    left = _MOST
    for start, end, token in _tokens(text):
        inside = _unpacked(token) if left > 0 else ""
        left -= len(inside)
        if inside:
            yield start, end, inside


def _tokens(text: str) -> Iterator[tuple[int, int, str]]:
    runs = list(_CHARACTERS.runs(text, _SHORTEST_LINE))
    yield from ((match.start(), match.end(), match.group()) for match in _found(_TOKEN, text, runs))
    for match in _found(_IN_LINES, text, runs):  # what follows the lines may be their end, or a word of something else
        lines, rest = _GAPS.sub("", match[1]), match[2]
        yield match.start(), match.end(), lines + rest
        if rest:
            yield match.start(), match.end(1), lines
    if "1f8b08" in text or "1F8B08" in text:
        yield from ((match.start(), match.end(), match.group()) for match in _HEXADECIMAL.finditer(text))


def _found(kind: re.Pattern[str], text: str, runs: list[tuple[int, int]]) -> Iterator[re.Match[str]]:
    """What ``finditer`` finds: it begins where a run does, or after the letter of the line break before it."""
    done = 0
    for start, _ in runs:
        if start >= done and (match := kind.match(text, start) or kind.match(text, start + 1)):
            yield match
            done = match.end()


def _unpacked(token: str) -> str:
    """As text; empty where it is none."""
    try:
        raw = bytes.fromhex(token) if _HEXADECIMAL.fullmatch(token) else _bytes(token)
        if raw.startswith(_GZIP):
            raw = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, _LARGEST)
        elif raw.startswith(_ZLIB):
            raw = _inflated(raw)
        return raw.decode()
    except (ValueError, binascii.Error, zlib.error):
        return ""


def _inflated(raw: bytes) -> bytes:
    """A text may begin like it: with an x."""
    try:
        return zlib.decompressobj().decompress(raw, _LARGEST)
    except zlib.error:
        return raw


def _bytes(token: str) -> bytes:
    bare = token.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4))
