"""What makes a schema structural, as the API server asks of every CRD (KEP-2337): a type for every value."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.core.path import Path
from pipeline.core.resource import mapping

_UNTYPED = ("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields")


def untyped(schema: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """Where a value has no type, and nothing that stands for one. Alternatives (allOf and its kin) need none."""
    if not schema.get("type") and not any(schema.get(key) is True for key in _UNTYPED):
        yield path
    for key, below in mapping(schema.get("properties")).items():
        if isinstance(below, dict):
            yield from untyped(below, (*path, "properties", key))
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from untyped(schema[key], (*path, key))
