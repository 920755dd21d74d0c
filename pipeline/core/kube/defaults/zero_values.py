"""Which fields of built-in kinds cannot tell zero from absent: the table that scripts/derive_zero_values.py derives.

From the Go types of Kubernetes 1.37 (k8s.io/api): a field that is not a pointer. tests/cluster/test_zero_values.py
checks it against a real API server.
"""

from collections.abc import Mapping
from functools import cache
from pkgutil import get_data
from typing import Any

import orjson

from pipeline.core.kube.fields import bounds, entries, fields_at, type_of

_ZERO_OF = {"s": str, "i": int, "n": int | float, "b": bool, "x": int | str, "[": list, "{": dict, "#": dict}
"""What a zero of each type is in JSON: of another type it is refused, and no zero."""
_NONE: frozenset[str] = frozenset()


def without_zeros(api_version: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """A copy of a built-in object without nulls, and without zeros and empties that the API server takes for absent.

    Of a kind or field that the tables do not know, only null is absent.
    """
    root = type_of(api_version, kind)
    return _map(body, root)


def _map(value: dict[str, Any], type_name: str) -> dict[str, Any]:
    """The fields of one object; ``type_name`` is empty where it is not known."""
    known, plain = _fields(type_name)
    kept = {}
    for key, item in value.items():
        if item is None:
            continue
        kind = item.__class__
        cleaned = _value(item, known.get(key, "")) if kind is dict or kind is list else item
        if cleaned or key not in plain or not isinstance(cleaned, _ZERO_OF.get(known[key][0], ())):
            kept[key] = cleaned
    return kept


def _value(value: Any, code: str) -> Any:
    head = code[:1]
    if isinstance(value, dict):
        if head == "#":
            return _map(value, code[1:])
        inner = entries(code)[1] if head == "{" else ""
        return {key: _value(item, inner) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        inner = entries(code)[1] if head == "[" else ""
        return [_value(item, inner) for item in value]
    return value


@cache
def _fields(type_name: str) -> tuple[Mapping[str, str], frozenset[str]]:
    """What a type's fields hold, and in which of them zero is absent; nothing where the type is not known."""
    return (fields_at(type_name, bounds()[1]), zero_fields(type_name)) if type_name else ({}, _NONE)


@cache
def zero_fields(type_name: str) -> frozenset[str]:
    """The fields of a type (``core.v1.Container``) in which zero or empty is absent."""
    return frozenset(_table().get(type_name, "").split())


@cache
def _table() -> dict[str, str]:
    data = get_data("pipeline", "data/zero_values.json")
    assert data is not None, "BUG: zero_values.json is missing from the package"
    loaded: dict[str, str] = orjson.loads(data)
    return loaded
