"""Placeholders for values that must not be shown or judged: a masked secret, or a random value."""

import base64
import binascii
import re
from typing import Any

BY_CHANCE = "<another at each render>"
_NOT_BASE64 = "not base64"
_NOTED = re.compile(r"<secret #\d+, (.+)>")


def with_note(masked: str, note: str) -> str:
    """``<secret #3, a number>`` of ``<secret #3>``: the type of a value gives nothing away."""
    return f"{masked.removesuffix('>')}, {note}>" if note else masked


def noted(value: Any) -> str:
    """The note that a masked value carries; empty where it has none."""
    match = _NOTED.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else ""


def is_marked(value: Any) -> bool:
    """Whether a value, or a part of it, is not the one that the chart rendered."""
    return isinstance(value, str) and (BY_CHANCE in value or "<secret #" in value)


def is_base64(value: Any) -> bool:
    """As Go's encoding/json reads it: line breaks count for nothing, the padding must be there."""
    try:
        base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except (AttributeError, binascii.Error, ValueError):
        return False
    return True


def note_on(key: str, value: Any) -> str:
    """What is wrong with an entry of a Secret below ``key``, without its value: "a number"; empty where nothing is."""
    if value is None or isinstance(value, str):
        return _NOT_BASE64 if key == "data" and value and not is_base64(value) else ""
    if isinstance(value, bool):
        return "true or false"
    return "a number" if isinstance(value, int | float) else "a list" if isinstance(value, list) else "a map"
