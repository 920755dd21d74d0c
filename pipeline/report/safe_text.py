"""Text without terminal escapes. By itself, since every verb says something, and few show a report."""

import re

# C0 and C1 controls, what reorders or hides text (bidirectional controls, zero width), and what XML and UTF-8 refuse.
_HOSTILE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe(text: str) -> str:
    """Text from charts and manifests, with nothing left that a terminal would obey; newlines and tabs stay.

    What is invisible or reorders text is shown as an escape, and half a surrogate pair, which no encoder takes, too.
    """
    return text if text.isascii() and text.isprintable() else _HOSTILE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"  # noqa: PLR2004 - the first plane's end
