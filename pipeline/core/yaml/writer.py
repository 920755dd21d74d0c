"""Writes one object as canonical YAML: equal objects give equal bytes, and Kubernetes reads back what was meant.

Stock dumpers leave strings such as ``1e3`` or ``y`` without quotes, which Kubernetes reads as a number and a boolean.
"""

import re
from typing import Any

from pipeline.core.yaml.scalars import resolve

FORMAT_VERSION = 1
"""Goes into each index: a change of style is a deliberate migration, never a surprise diff."""

_STEP = 2
_MEMO_LONGEST = 200
# Plain scalars that every YAML parser, 1.1 or 1.2, reads as this very string.
_PLAIN = re.compile(
    r"[A-Za-z0-9_./$\\(+;^~=<](?:[\w./$\\()+;^~=<>@%*&!|\-,\"'{}\[\]?`]|:(?=[^\s])|(?<=\S)#| (?![#\s]))*(?<![\s:])\Z",
    re.ASCII,
)
_AMBIGUOUS = re.compile(
    r"(?:[-+]?[0-9][0-9_,]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*|=|<<"
    r"|[-+]?(?:0[xXoObB][0-9a-fA-F_]+)|[-+.0-9][-+.0-9eE_]*|[-+]?(?:inf|nan|infinity)|\.\S*"
    r"|true|false|yes|no|on|off|null|y|n|~)\Z",
    re.IGNORECASE | re.ASCII,
)
_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")
_QUOTED = re.compile('[\\\\"\n\t]|' + _UNPRINTABLE.pattern)
_NAMED = {
    "\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0", "\x07": "\\a", "\x08": "\\b",
    "\x0b": "\\v", "\x0c": "\\f", "\x1b": "\\e", "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P",
}  # fmt: skip


def dump(value: Any) -> str:
    """One document without a ``---``, ending in a newline. Takes JSON values with string keys.

    Raises:
        TypeError: a value that JSON does not have.
    """
    lines: list[str] = []
    _Writer(lines).document(value)
    return "\n".join(lines) + "\n"


class _Inline(dict[str, str]):
    """Memo of strings as they stand on a line."""

    def __missing__(self, text: str) -> str:
        written = _inline(text)
        if len(text) < _MEMO_LONGEST:
            self[text] = written
        return written


class _Writer:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._inline = _Inline()

    def document(self, value: Any) -> None:
        if isinstance(value, dict) and value:
            self._map(value, 0, None)
        elif isinstance(value, list) and value:
            self._list(value, 0, None)
        else:
            self._lines.append(_double_quoted(value) if isinstance(value, str) else self._scalar(value))

    def _map(self, value: dict[str, Any], indent: int, first: str | None) -> None:
        """``first`` replaces the first line's indentation (``- `` of a list entry)."""
        pad = " " * indent
        for key in sorted(value):
            head = f"{pad if first is None else first}{self._inline[key]}:"
            first = None
            item = value[key]
            if item.__class__ is dict and item:
                self._lines.append(head)
                self._map(item, indent + _STEP, None)
            elif item.__class__ is list and item:
                self._lines.append(head)
                self._list(item, indent, None)
            else:
                self._lines.append(f"{head} {self._leaf(item, indent)}")

    def _list(self, value: list[Any], indent: int, first: str | None) -> None:
        pad = " " * indent
        for item in value:
            head = f"{pad if first is None else first}-"
            first = None
            if item.__class__ is dict and item:
                self._map(item, indent + _STEP, f"{head} ")
            elif item.__class__ is list and item:
                self._list(item, indent + _STEP, f"{head} ")
            else:
                self._lines.append(f"{head} {self._leaf(item, indent)}")

    def _leaf(self, value: Any, indent: int) -> str:
        if value.__class__ is str and "\n" in value:
            block = _block(value, indent + _STEP)
            if block is not None:
                return block
        return self._scalar(value)

    def _scalar(self, value: Any) -> str:
        if isinstance(value, str):
            return self._inline[value]
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return _float(value)
        if value in ({}, []):
            return "{}" if isinstance(value, dict) else "[]"
        raise TypeError(f"{type(value).__name__} is not a JSON value")


def _float(value: float) -> str:
    """As Go prints it, so that Kubernetes reads the same number: ``1.0`` is ``1``."""
    if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - beyond it, digits are no longer exact
        return str(int(value))
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}.0e{exponent}" if e and "." not in mantissa else text


def _inline(text: str) -> str:
    if _PLAIN.match(text) and resolve(text) is text and not _AMBIGUOUS.match(text):
        return text
    if _UNPRINTABLE.search(text) or "\n" in text or "\t" in text:
        return _double_quoted(text)
    return "'" + text.replace("'", "''") + "'"


def _double_quoted(text: str) -> str:
    return '"' + _QUOTED.sub(_escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    named = _NAMED.get(char)
    if named:
        return named
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"  # noqa: PLR2004


def _block(text: str, indent: int) -> str | None:
    """``text`` as a literal block with its first line's header, or None where a block cannot hold it."""
    body = text.rstrip("\n")
    if _UNPRINTABLE.search(text) or not body.strip(" \t"):
        return None
    newlines = len(text) - len(body)
    spaced = body.lstrip("\n")[0] in " \t"
    head = "|" + (str(_STEP) if spaced else "") + ("-" if newlines == 0 else "" if newlines == 1 else "+")
    pad = " " * indent
    lines = [pad + line if line else "" for line in body.split("\n")]
    return "\n".join([head, *lines, *[""] * max(0, newlines - 1)])
