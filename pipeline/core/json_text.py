"""JSON text that is safe everywhere: in a terminal, for a reviewer, and with one meaning for every program."""

import re

# DEL and C1 controls, what reorders or hides text (bidirectional controls, zero width): all legal in a JSON string.
_HOSTILE = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def escaped(text: str) -> str:
    """The same JSON with such characters by their numbers: they stand in strings only, where that means the same."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _HOSTILE.sub(_number, text)


def escaped_bytes(data: bytes) -> bytes:
    """The same of UTF-8."""
    if data.isascii() and b"\x7f" not in data:
        return data
    return escaped(data.decode()).encode()


def _number(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
