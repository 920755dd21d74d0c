"""How a secret value looks elsewhere: encoded, escaped, hashed, in lines, or as a part of what a Secret holds.

Everything here errs on the side of hiding. What is too short or too common to be told from ordinary text is not looked
for: core/redaction/mask.py says which.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote

import orjson

SHORTEST = 6
"""A shorter value is as likely as not to be part of an ordinary word: replacing it would garble the report."""
SECRET_NAME = re.compile(r"(?i)passw|passphrase|secret|token|api[-_]?key|credential|private[-_]?key|auth$|dsn$")
_ASSIGNED = re.compile(
    r"""(?ix) ["']? [\w.-]* (?:passw(?:or)?d|passphrase|secret|token|api[-_]?key|credential|_auth|\bauth) [\w.-]* ["']?
    \s*[:=]\s* (?: "((?:[^"\\]|\\.)+)" | '([^']+)' | ([^\s"',;&}{]+) )"""
)
_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_KEY_MATERIAL = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_-]{20,}")
_HASHES = ("md5", "sha1", "sha256", "sha512")


def forms(value: str) -> Iterator[str]:
    """Every text that gives ``value`` away by itself, itself first. Some come twice."""
    bare = value.strip()
    for text in dict.fromkeys((value, bare, " ".join(value.split()))):
        yield text
        yield from _escaped(text)
        yield from _encoded(text.encode("utf-8", "surrogatepass"))
    raw = bare.encode("utf-8", "surrogatepass")
    yield from _encoded(base64.b64encode(raw))
    for text in dict.fromkeys((value, bare)):
        yield from _hashed(text.encode("utf-8", "surrogatepass"))
    yield from _hashed(base64.b64encode(raw))
    if "\n" in bare:
        yield from (line for row in bare.splitlines() if _KEY_MATERIAL.fullmatch(line := row.strip()))


def parts(value: str) -> Iterator[str]:
    """The secrets within a text that a Secret holds: passwords of a configuration, of an address, of a pull secret."""
    for found in _ASSIGNED.finditer(value):
        part = next(group for group in found.groups() if group)
        yield part
        _, colon, password = decoded(part).partition(":")
        if colon:
            yield password
    for part in _IN_ADDRESS.findall(value):
        yield part
        yield unquote(part)


def named(data: Mapping[str, Any]) -> Iterator[str]:
    """Values below keys that sound secret, at any depth."""
    for key, value in data.items():
        if SECRET_NAME.search(str(key)):
            yield from leaves(value)
        elif isinstance(value, dict):
            yield from named(value)
        elif isinstance(value, list):
            yield from (text for item in value if isinstance(item, dict) for text in named(item))


def leaves(value: Any) -> Iterator[str]:
    """The scalars of a JSON value as text; nothing for null and for true and false."""
    if isinstance(value, dict):
        yield from (text for item in value.values() for text in leaves(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in leaves(item))
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def decoded(text: str) -> str:
    """What base64 hides, whether wrapped or not; the text itself where it is not base64, or not text below."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return text


def _escaped(text: str) -> Iterator[str]:
    """As addresses, JSON, Python, YAML and shells write it."""
    yield quote(text, safe="", errors="replace")
    yield quote(text, errors="replace")
    yield quote_plus(text, errors="replace")
    yield repr(text)[1:-1]
    yield text.replace("'", "''")
    yield text.replace("'", "'\\''")
    try:
        escaped = orjson.dumps(text).decode()[1:-1]
    except TypeError:  # half a surrogate pair
        return
    yield escaped
    yield escaped.encode("ascii", "backslashreplace").decode()


def _encoded(raw: bytes) -> Iterator[str]:
    """In base64, alone or inside of more: what stands there depends on how many bytes come before, modulo three."""
    whole = base64.b64encode(raw).decode()
    found = [whole, whole.rstrip("=")]
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode()
        found.append(text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6])
    for text in found:
        yield text
        yield text.replace("+", "-").replace("/", "_")


def _hashed(raw: bytes) -> Iterator[str]:
    """A hash of a value that people thought up is guessed in no time."""
    yield from (hashlib.new(name, raw, usedforsecurity=False).hexdigest() for name in _HASHES)
