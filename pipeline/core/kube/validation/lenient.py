"""Reads parts of an object that may have any type: a wrong type counts as absent (field_check reports it)."""

from typing import Any


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def entries(value: Any) -> list[tuple[int, dict[str, Any]]]:
    """The maps of a list, each with its index."""
    items = value if isinstance(value, list) else ()
    return [(index, item) for index, item in enumerate(items) if isinstance(item, dict)]


def number(value: Any, absent: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else absent


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""
