"""Files that nobody wrote on purpose: what any reader may meet, and how a good file becomes one by a small change."""

import json
import random
from collections.abc import Iterator
from typing import Any

NESTED = 2_000
DEEP = 300
"""Levels that most readers of JSON take, and some writers do not."""

FILES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n \n\t\n",
    "null": b"null\n",
    "not UTF-8": b"a: \xff\xfe\n",
    "UTF-16": "a: 1\n".encode("utf-16"),
    "latin 1": "name: Zoë\n".encode("latin-1"),
    "NUL": b"a: b\x00c\n",
    "escaped NUL": b'{"a": "\\u0000", "\\u0000": 1}\n',
    "lone surrogate": b'{"a": "\\ud800"}\n',
    "byte order mark": b"\xef\xbb\xbfa: 1\n",
    "cyclic anchor": b"a: &a {b: *a}\n",
    "cyclic list": b"- &a [*a]\n",
    "unknown anchor": b"a: *b\n",
    "aliases that multiply": b"a0: &a0 [x]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10)),
    "deep flow": b"[" * NESTED + b"]" * NESTED,
    "deep JSON": b'{"a":' * NESTED + b"1" + b"}" * NESTED,
    "deep block": b"".join(b"%sa:\n" % (b" " * n) for n in range(NESTED)),
    "JSON that one reader takes and one writer does not": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "anchors that nest": b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [*a%d]\n" % (n, n, n - 1) for n in range(1, DEEP)),
    "deep keys": b"a." * DEEP + b"a: 1\n",
    "a huge number": b"9" * 5_000,
    "a map with huge numbers": b'{"number": 1e999, "version": %s, "exit": -1e-999}' % (b"9" * 400),
    "not a number": b"a: .nan\nb: .inf\n",
    "duplicate keys": b'{"a": 1, "a": 2, "schema": "x", "schema": "y"}',
    "many documents": b"a: 1\n---\nb: 2\n---\n",
    "end of document": b"...\n",
    "a list": b"[]\n",
    "an empty map": b"{}\n",
    "text": b"hello\n",
    "true": b"true\n",
    "not closed": b'{"a": [1, {"b": ',
    "a tag": b"!!python/object/apply:os.system [id]\n",
    "a map for a key": b"{a: b}: c\n? [1]\n: 2\n",
    "tab": b"a:\n\tb: 1\n",
    "a directive": b"%YAML 9.9\n---\na: 1\n",
    "binary": bytes(range(256)),
    "no line end": b"x" * 100_000,
}

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, -(2**63) - 1, 1.5, 1e308, "", " ", "x", "é", "\x00", "\n", "../../x", "/etc/passwd"),
    *("x" * 10_000, "1", "2026-13-45T99:99:99Z", "sha256:", "a/b/c/d", "a\tb", "{{", "%s", "\\", "-", "*", "(", "[a-"),
    *(json.loads("[" * DEEP + "]" * DEEP), 1e-320, 10**400),
    *([], {}, [None], [[]], [{}], {"": None}, {"a": {"b": [{}]}}, {"name": []}, [1, "a", None]),
)


def changed(data: Any, chance: random.Random) -> Any:
    """A copy of JSON data in which one value, key or entry is another."""
    data = json.loads(json.dumps(data))
    spots = list(_spots(data))
    if not spots:
        return chance.choice(VALUES)
    holder, step = chance.choice(spots)
    match chance.randrange(5):
        case 0:
            del holder[step]
        case 1 if isinstance(holder, dict):
            holder[f"{step}x"] = holder.pop(step)
        case 1:
            holder.append(holder[step])
        case 2 if isinstance(holder, dict):
            holder[chance.choice(["", "x", "a/b", "../x", "\x00"])] = holder[step]
        case _:
            holder[step] = chance.choice(VALUES)
    return data


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Bytes with a piece cut out, doubled, or replaced by something that means something to a parser."""
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 1, 2, 8, 64)))
    tokens = (
        b"\x00",
        b"\xff",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"- ",
        b"&a ",
        b"*a",
        b"!!",
        b"'",
        b'"',
        b"\n",
        b"\t",
        b"...",
        b"|",
    )
    middle = chance.choice((b"", data[at:end] * 2, chance.choice(tokens), chance.choice(list(FILES.values()))[:200]))
    return data[:at] + middle + data[end:]


def _spots(data: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(data, dict | list):
        for step in list(data) if isinstance(data, dict) else range(len(data)):
            yield data, step
            yield from _spots(data[step])
