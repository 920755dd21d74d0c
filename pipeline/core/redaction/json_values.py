"""JSON values of a report: as text to search in, and with what was found replaced."""

from collections.abc import Callable
from typing import Any

import orjson

from pipeline.core.redaction.forms import SHORTEST

APART = "\0"
"""What stands between two of several JSON texts, and in none of them."""


def joined(texts: list[str]) -> tuple[list[int], str]:
    """Where each begins in all of them together."""
    starts, at = [], 0
    for text in texts:
        starts.append(at)
        at += len(text) + 1
    return starts, APART.join(texts)


def as_json_text(value: Any) -> str:
    """As JSON text; empty for what is none, half a surrogate pair."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return ""


def replaced_within(value: Any, replaced: Callable[[str], str]) -> Any:
    """``value`` with every text, key and long number passed through ``replaced``."""
    if isinstance(value, str):
        return replaced(value)
    if isinstance(value, list):
        return [replaced_within(item, replaced) for item in value]
    if isinstance(value, dict):
        return {replaced(key): replaced_within(item, replaced) for key, item in value.items()}
    if isinstance(value, (int, float)) and abs(value) >= 10 ** (SHORTEST - 1):
        text = replaced(str(value))
        return value if text == str(value) else text
    return value
