"""How a secret value looks elsewhere: encoded, escaped, hashed, reversed, in another case, in lines.

If in doubt, text is hidden. Values too short or too common to differ from ordinary text are not searched for:
core/redaction/mask.py says which. The parts of a Secret's text are in core/redaction/parts.py.
"""

import base64
import binascii
import hashlib
import html
import re
import string
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

import orjson

from pipeline.core.redaction.number_forms import number_forms

SHORTEST = 6
"""A shorter value is as likely as not to be part of an ordinary word: replacing it would garble the report."""
LONGEST_IN_FULL = 100_000
"""Characters. Of a longer value the rarer forms (reversed, entities, base32) are not made: all of them together would
take 200 times its size."""
_LONGEST_IN_BASE85 = 4_096
"""Bytes: Python encodes them one by one."""
_DIGITS = "0123456789"
_SMALL, _LARGE = string.ascii_lowercase, string.ascii_uppercase
_AS_ZEROMQ = str.maketrans(
    f"{_DIGITS}{_LARGE}{_SMALL}!#$%&()*+-;<=>?@^_`{{|}}~", f"{_DIGITS}{_SMALL}{_LARGE}.-:+=^!/*?&<>()[]{{}}@%$#"
)
"""The signs of RFC 1924 as Z85 writes them."""
_BEGINNING = 10
_RUN = 64
_ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_KEY_MATERIAL = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_-]{20,}")
_ARMOUR = re.compile(r"-----BEGIN [A-Z0-9 ]+-----\s*")
_PLACE = re.compile(r"[a-z][a-z0-9+.-]*://|/|\./|[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/:]|$)")
"""The beginning of an address, of a path or of a host's name: many texts share it."""
_WORD = re.compile(r"(?<!\w)\w")
"""Where Helm's ``title`` and ``untitle`` change a letter, and no other one."""
_OPAQUE = re.compile(r"(?=\S{10})(?=.{0,9}[0-9])(?=.{0,9}[A-Za-z])")


class Form(NamedTuple):
    """One text that gives a value away. A beginning of it does too, from ``enough`` characters on."""

    text: str
    enough: int


def forms(value: str) -> Iterator[Form]:
    """Every text that gives ``value`` away by itself, itself first. Some come twice."""
    bare = value.strip()
    raw = bare.encode("utf-8", "surrogatepass")
    rare = len(value) <= LONGEST_IN_FULL
    common = public_beginning(bare)
    for text in dict.fromkeys((value, bare, " ".join(value.split()))):
        yield from _written(text, common, rare=rare)
    for text in _encoded(base64.b64encode(raw)):
        yield Form(text, _enough(text, common * 2))
    for text in dict.fromkeys((value, bare, f"{bare}\n", base64.b64encode(raw).decode())):
        for hashed in _hashed(text.encode("utf-8", "surrogatepass")):
            yield Form(hashed, _BEGINNING)
    yield from (Form(text, len(text)) for text in number_forms(bare))
    if "\n" in bare:
        lines = (row.strip() for row in bare.splitlines())
        yield from (Form(line, _BEGINNING) for line in lines if _KEY_MATERIAL.fullmatch(line))


def plain_forms(value: str) -> Iterator[Form]:
    """The commonest forms: for the many pieces of a text that a Secret holds."""
    common = public_beginning(value)
    for text in (value, *_escaped(value), *_encoded(value.encode("utf-8", "surrogatepass"))):
        yield Form(text, _enough(text, common))


def public_beginning(text: str) -> int:
    """How many characters at the start of ``text`` say nothing: the armour of a key."""
    armour = _ARMOUR.match(text)
    return armour.end() if armour else 0


def _enough(text: str, common: int) -> int:
    """From how many characters on a beginning of ``text`` is unlikely to be ordinary text.

    Ten where it looks like a token; half of words; a long run where it has lines, since files begin alike.
    """
    if common:
        return min(len(text), 2 * common + 2 * _BEGINNING)  # no encoding here takes more than twice the space
    head = text[:_RUN]
    if "\n" in head or "\\n" in head or _PLACE.match(head):
        return min(len(text), _RUN)
    words = max(_BEGINNING, min(_RUN, (len(text) + 1) // 2))
    return min(len(text), _BEGINNING if _OPAQUE.match(head) else words)


def _written(text: str, common: int, *, rare: bool) -> Iterator[Form]:
    raw = text.encode("utf-8", "surrogatepass")
    for form in (text, *_escaped(text), *_encoded(raw), raw.hex(), raw.hex().upper()):
        yield Form(form, _enough(form, common))
    if not rare:
        return
    entities = html.escape(text)
    rarer = [
        text.upper(),
        text.lower(),
        text.swapcase(),
        text.title(),
        _WORD.sub(lambda match: match.group().upper(), text),
        _WORD.sub(lambda match: match.group().lower(), text),
        text[::-1],
        base64.b64encode(raw).decode()[::-1],
        raw.hex()[::-1],
        base64.b64encode(text[::-1].encode("utf-8", "surrogatepass")).decode(),
        base64.b64encode(text.encode("utf-16-le", "surrogatepass")).decode().rstrip("="),
        *_base32(raw),
        *_base85(raw),
        entities,
        entities.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        entities.replace("&#x27;", "&apos;"),
        html.escape(text, quote=False),
        "".join(f"&#{ord(c)};" for c in text),
        "".join(f"&#x{ord(c):x};" for c in text),
        "".join(f"&#x{ord(c):X};" for c in text),
        "".join(f"%{byte:02x}" for byte in raw),
        "".join(f"%{byte:02X}" for byte in raw),
        "".join(f"\\x{byte:02x}" for byte in raw),
        _as_json_numbers(text),
        _as_json_numbers(text).upper().replace("\\U", "\\u"),
    ]
    for form in rarer:
        yield Form(form, _enough(form, common))


def _as_json_numbers(text: str) -> str:
    units = text.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))


def _base32(raw: bytes) -> Iterator[str]:
    """Alone or inside of more: what stands there depends on how many bytes come before, modulo five."""
    whole = base64.b32encode(raw).decode()
    yield whole
    yield whole.rstrip("=")
    yield whole.rstrip("=").lower()
    for before in range(1, 5):
        text = base64.b32encode(b"\0" * before + raw).decode()
        yield text[-(-before * 8 // 5) : (before + len(raw)) * 8 // 5]


def _base85(raw: bytes) -> Iterator[str]:
    """RFC 1924's, Adobe's and ZeroMQ's, alone or inside of more: four bytes are five characters there."""
    if len(raw) > _LONGEST_IN_BASE85:
        return
    for inside in (raw, *(raw[skipped : skipped + (len(raw) - skipped) // 4 * 4] for skipped in range(4))):
        text = base64.b85encode(inside).decode()
        yield text
        yield text.translate(_AS_ZEROMQ)
        yield base64.a85encode(inside).decode()


def _escaped(text: str) -> Iterator[str]:
    """As addresses, JSON, Python, YAML and shells write it."""
    yield from (part := quote(text, safe="", errors="replace"), quote(text, errors="replace"))
    yield re.sub(r"%[0-9A-F]{2}", lambda match: match.group().lower(), part)
    yield quote_plus(text, errors="replace")
    yield quote(part, safe="")
    yield repr(text)[1:-1]
    yield text.replace("'", "''")
    yield text.replace("'", "'\\''")
    try:
        escaped = orjson.dumps(text).decode()[1:-1]
    except TypeError:  # half a surrogate pair
        return
    yield escaped
    yield escaped.replace("/", "\\/")
    if not escaped.isascii():
        yield re.sub(r"[^\x00-\x7f]", lambda match: _as_json_numbers(match.group()), escaped)
    yield orjson.dumps(escaped).decode()[1:-1]
    # What Helm's and Go's JSON writes for the three characters that are special in HTML.
    yield escaped.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _encoded(raw: bytes) -> Iterator[str]:
    """In base64, alone or inside of more: what stands there depends on how many bytes come before, modulo three."""
    whole = base64.b64encode(raw).decode()
    texts = [whole, whole.rstrip("=")]
    for before in range(3):
        text = base64.b64encode(b"\0" * before + raw).decode()
        texts.append(text[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6])
    for text in texts:
        yield text
        yield text.replace("+", "-").replace("/", "_")


def _hashed(raw: bytes) -> Iterator[str]:
    """A hash of a value that people thought up is guessed in no time."""
    for name in _ALGORITHMS:
        digest = hashlib.new(name, raw, usedforsecurity=False).digest()
        yield digest.hex()
        yield digest.hex().upper()
        packed = base64.b64encode(digest).decode().rstrip("=")
        yield packed
        yield packed.replace("+", "-").replace("/", "_")


def decoded(text: str) -> str:
    """What base64 hides, whether wrapped or not; the text itself where it is not base64, or not text below."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return text
