"""Secrets inside a text that a Secret contains: passwords in a configuration, an address or a pull secret.

A value whose key sounds secret counts, however short it is; any other value counts if it looks like a token.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import orjson

from pipeline.core.redaction.forms import SHORTEST, decoded
from pipeline.core.yaml.reader import YamlError, load_all

SECRET_NAME = re.compile(
    r"(?i)passw|passphrase|secret|token|credential|(?:api|access|account|private|signing|encryption|master|shared|auth|"
    r"license|ssh|hmac|aes|session|cookie)[-_.]?key|connection[-_.]?str|pwd|(?:^|[-_.])(?:pass|salt|seed|pin|dsn|pw)$|"
    r"Pass$|auth$|dsn$|^key$|mnemonic|webhook[-_.]?url|pgpass|netrc|htpasswd"
)
MOST_PIECES = 2_000
"""Of one text: a text with more pieces that look like tokens is data, and not a configuration."""
_NAMES = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|account|private|shared|signing|encryption|master)[-_]?key|"
    r"credential|_auth|\bauth|\bpass|_pass|masterauth|requirepass"
)
# Every repetition is bounded: in a text of one long word, or of the same name ten thousand times, time stays linear.
_ASSIGNED = re.compile(
    rf"""(?ix) (?:{_NAMES}) [\w.-]{{0,64}} ["']?
    \s{{0,16}}(?:[:=]|=>)\s{{0,16}} (?: "((?:[^"\\]|\\.){{1,4096}})" | '([^']{{1,4096}})' | ([^\s"',;&}}{{]+) )"""
)
_SAID = re.compile(
    r"""(?ix) (?:^|[\s;]) (?:requirepass|masterauth|masterpass|password|passwd|pwd|identified\s+by|bearer|basic|token|>)
    [ \t]{0,16} (?<=[\s>]) ["']? ([^\s"',;]+)"""
)
_SCHEME = re.compile(r"(?i)^(?:bearer|basic|token|digest|apikey)\s+(\S+)$")
_IN_ADDRESS = re.compile(r"://[^/\s:@]{0,256}:([^/\s@]{1,1024})@")
_BEFORE_HOST = re.compile(
    r"""(?m)(?:^|[\s"'=])[\w.%+-]{1,64}(?::([^\s/:"'][^\s/"']{2,255})@(?!sha\d)[\w.-]{0,128}[(:/]"""
    r"""|/([^\s/:"'@]{3,255})@(?://)?[\w.-]{1,128}:\d)"""
)
"""``user:password@tcp(host)/db`` of Go's drivers, ``user/password@host`` of Oracle's: an address without a scheme."""
_HOST = re.compile(r"@\w{0,16}\(|@[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}[:/)]|@[\w-]{1,63}(?:\.[\w-]{1,63}){1,9}\Z")
_ELEMENT = re.compile(
    rf"(?i)<[^<>/]{{0,256}}(?:{_NAMES})[^<>/]{{0,256}}>\s{{0,64}}(?:<!\[CDATA\[)?"
    r"([^<>\]\s][^<>\]]{0,4096}?)(?:\]\]>)?\s{0,64}</"
)
_ATTRIBUTE = re.compile(
    rf"""(?i)["'][\w:.-]{{0,64}}(?:{_NAMES})[\w:.-]{{0,64}}["']\s{{1,16}}value\s?=\s?["']([^"'<>]{{1,4096}})["']"""
)
_PGPASS = re.compile(r"(?m)^[^:#\s]+:[^:\s]+:[^:\s]+:[^:\s]+:(.+)$")
_USER = re.compile(r"(?m)^[\w.@-]+:(\S+)$")
_BREAKS = re.compile(r"[\s,;|&\"'<>(){}\[\]]+")
_CERTIFICATE = re.compile(r"-----BEGIN (?:CERTIFICATE|PUBLIC KEY)-----[^-]*-----END [A-Z ]+-----")
_SEVERAL = re.compile(r"[\s=;|{<(\[,]|://")
_DEEPEST = 4
_PIECE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[^\s]{8,512}")
_OPEN = re.compile(
    r"(?i)[a-z][a-z0-9+.-]*://[^@]*|v?\d+(?:\.\d+)+[\w.+-]*|\d+(?:\.\d+)?[a-z%]{1,3}|"
    r"[\w-]+(?:\.[\w-]+)+(?::\d+)?|/[\w./@-]*|"
    r"\d{4}-\d\d-\d\d[T\d:.Z+-]*|[a-z]+(?:[-_][a-z0-9]{1,3})*|[\w./-]+:v?\d[\w.-]*|--?[\w-]+|sha\d+:[0-9a-f]+"
)
"""What does not look like a secret: an address without a password, a version, a quantity, a host, a path, words."""


def parts(value: str) -> Iterator[str]:
    """Every part of ``value`` that may stand alone elsewhere. Some come twice."""
    for part in _assigned(value):
        yield part
        _, colon, password = decoded(part).partition(":")
        if colon:
            yield password
    before_host = (part for groups in _BEFORE_HOST.findall(value) for part in groups if part)
    for part in (*_IN_ADDRESS.findall(value), *before_host):
        yield part
        yield unquote(part)
    for part in (*_ELEMENT.findall(value), *_ATTRIBUTE.findall(value)):
        yield part
        yield html.unescape(part)


def inner(value: str, depth: int = 0) -> Iterator[str]:
    """The same of what a Secret holds: what only looks like a token too, and what YAML, JSON or base64 in it holds."""
    yield from parts(value)
    plain = decoded(value)
    if plain != value and (plain.isprintable() or "\n" in plain) and depth < _DEEPEST:
        yield plain
        yield from inner(plain, depth + 1)
    scheme = _SCHEME.match(value.strip())
    for part in (*_PGPASS.findall(value), *_SAID.findall(value), *([scheme.group(1)] if scheme else [])):
        yield part.strip()
        _, colon, password = decoded(part).partition(":")
        if colon and ":" not in part:
            yield password
    yield from _nested(value, depth)
    if _SEVERAL.search(value):
        pieces = dict.fromkeys(_pieces(value))
        if len(pieces) <= MOST_PIECES:
            yield from pieces


def looks_random(text: str) -> bool:
    """Whether it is a token by its looks: eight characters or more, letters and digits, nothing well known."""
    return bool(_PIECE.fullmatch(text)) and not _OPEN.fullmatch(text)


def holds_address(text: str) -> bool:
    """Whether it contains a host, which is not secret."""
    return "://" in text or bool(_HOST.search(text))


def named(data: Mapping[str, Any]) -> Iterator[str]:
    """Values below keys that sound secret, at any depth; of ``{name: X, value: Y}`` by that name."""
    name = data.get("name") or data.get("key")
    if isinstance(name, str) and SECRET_NAME.search(name):
        yield from leaves(data.get("value"))
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


def _assigned(value: str) -> Iterator[str]:
    for match in _ASSIGNED.finditer(value):
        yield next(group for group in match.groups() if group)


def _nested(value: str, depth: int) -> Iterator[str]:
    """Of YAML or JSON within the text: what its keys name, and what looks like a token."""
    if ":" not in value or not ("\n" in value or value.lstrip()[:1] in ("{", "[")):
        return
    try:
        documents = load_all(value)
    except YamlError:
        return
    for document in documents:
        if isinstance(document, dict):
            yield from named(document)
        if isinstance(document, (dict, list)):
            texts = list(leaves(document))
            random_texts = [text for text in texts if looks_random(text)]
            yield from random_texts if len(random_texts) <= MOST_PIECES else ()
            several = [text for text in texts if depth < _DEEPEST and text != value and _SEVERAL.search(text)]
            yield from (part for text in several[:MOST_PIECES] for part in inner(text, depth + 1))


def _pieces(value: str) -> Iterator[str]:
    for word in _BREAKS.split(_CERTIFICATE.sub(" ", value) if "-----BEGIN" in value else value):
        for piece in (word, word.partition("=")[2], word.rpartition(":")[2]):
            if len(piece) >= SHORTEST and looks_random(piece):
                yield piece
    yield from (user for user in _USER.findall(value) if looks_random(user))


def as_json(text: str) -> str:
    """As JSON writes it, without the quotes; empty where JSON cannot (half a surrogate pair)."""
    try:
        return orjson.dumps(text).decode()[1:-1]
    except TypeError:
        return ""
