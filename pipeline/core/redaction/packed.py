"""Finds secrets inside encoded text: base64 within base64, compressed or not, as deep as people nest it."""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator

_TOKEN = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEXADECIMAL = re.compile(r"(?:1f8b|1F8B)08[0-9A-Fa-f]{24,}")
_DEEPEST = 4
_LARGEST = 4_000_000
"""Bytes unpacked from one token: more than an object of Kubernetes can hold."""
_GZIP, _ZLIB = b"\x1f\x8b", b"\x78"


def packed(text: str, gives_away: Callable[[str], int], depth: int = 0) -> Iterator[tuple[int, int, int]]:
    """``(start, end, number)`` of each token in ``text`` within which ``gives_away`` finds that value (0: none)."""
    hexadecimal = _HEXADECIMAL.finditer(text) if "1f8b08" in text or "1F8B08" in text else ()
    for found in (*_TOKEN.finditer(text), *hexadecimal):
        inside = _unpacked(found.group())
        if not inside:
            continue
        number = gives_away(inside)
        if not number and depth < _DEEPEST:
            number = next((deeper for _, _, deeper in packed(inside, gives_away, depth + 1)), 0)
        if number:
            yield found.start(), found.end(), number


def _unpacked(token: str) -> str:
    """As text; empty where it is none."""
    try:
        raw = bytes.fromhex(token) if _HEXADECIMAL.fullmatch(token) else _bytes(token)
        if raw.startswith(_GZIP):
            raw = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, _LARGEST)
        elif raw.startswith(_ZLIB):
            raw = zlib.decompressobj().decompress(raw, _LARGEST)
        return raw.decode()
    except (ValueError, binascii.Error, zlib.error):
        return ""


def _bytes(token: str) -> bytes:
    bare = token.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4))
