"""Fills in the defaults of a custom resource's schema, as the API server does before it validates."""

import copy
from collections.abc import Mapping
from typing import Any

from pipeline.core.kube.resource import mapping


def defaulted(schema: Mapping[str, Any], value: Any) -> Any:
    """A copy; nulls of fields that are not nullable count as absent (the API server drops them)."""
    if isinstance(value, list):
        items = mapping(schema.get("items"))
        return [defaulted(items, item) for item in value]
    if not isinstance(value, dict):
        return value
    below, extra = mapping(schema.get("properties")), mapping(schema.get("additionalProperties"))
    filled = {}
    for key, item in value.items():
        inner = mapping(below[key]) if key in below else extra
        if item is not None or inner.get("nullable") or not inner:
            filled[key] = defaulted(inner, item)
    for key, inner in below.items():
        if key not in filled and "default" in mapping(inner):
            filled[key] = defaulted(inner, copy.deepcopy(inner["default"]))
    return filled
