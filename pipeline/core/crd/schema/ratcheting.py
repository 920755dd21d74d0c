"""Which parts of a custom resource the API server takes as unchanged, and does not hold to a stricter schema.

On by default from Kubernetes 1.30 on (KEP-4008, CRDValidationRatcheting). An error counts for nothing where the value
whose validation raised it, or a value above it, is equal before and after. Values are matched as in
k8s.io/apiserver/pkg/cel/common/equality.go (1.37.2): fields that the schema names, keys of additionalProperties,
entries of lists of type map by their keys. Entries of other lists match nothing, and a map with a field that the
schema does not name is never equal: that is why the object itself, which has metadata, never is.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.core.crd.schema.validate import Schema
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping, sequence

_SINCE = 30


def ratchets(minor: int | None) -> bool:
    """Whether a minor of Kubernetes 1 does it by default; without one, as the supported ones do."""
    return minor is None or minor >= _SINCE


def unchanged(schema: Schema, old: Any, new: Any, path: Path) -> bool:
    """Whether the value at ``path`` of ``new``, or one above it, is equal to the one in ``old`` that it matches."""
    node = schema
    for step in path:
        child = next((one for one in _children(node, old, new, step)), None)
        if child is None:
            return False
        node, old, new = child
        if _equal(node, old, new):
            return True
    return False


def _children(schema: Schema, old: Any, new: Any, step: Any) -> Iterator[tuple[Schema, Any, Any]]:
    """The schema and both values below a step, where the server matches them: one or none."""
    if isinstance(new, dict) and isinstance(old, dict):
        below = _named(schema, str(step))
        if below is not None and step in old and step in new:
            yield below, old[step], new[step]
    elif _keyed(schema, old, new) and isinstance(step, int) and step < len(new):
        wanted = _key(schema, new[step])
        match = next((entry for entry in old if _key(schema, entry) == wanted), None)
        if match is not None:
            yield mapping(schema.get("items")), match, new[step]


def _keyed(schema: Schema, old: Any, new: Any) -> bool:
    return isinstance(new, list) and isinstance(old, list) and schema.get("x-kubernetes-list-type") == "map"


def _named(schema: Schema, field: str) -> Schema | None:
    named = mapping(schema.get("properties")).get(field)
    below = schema.get("additionalProperties") if named is None else named
    return below if isinstance(below, dict) else None


def _key(schema: Schema, entry: Any) -> tuple[str, ...]:
    return tuple(repr(mapping(entry).get(str(key))) for key in sequence(schema.get("x-kubernetes-list-map-keys")))


def _equal(schema: Schema, old: Any, new: Any) -> bool:
    if isinstance(new, dict) and isinstance(old, dict):
        steps: Any = new
    elif _keyed(schema, old, new):
        steps = range(len(new))
    else:
        return type(old) is type(new) and bool(old == new)
    if len(old) != len(new):
        return False
    matched = [next(_children(schema, old, new, step), None) for step in steps]
    return all(schema_matched is not None and _equal(*schema_matched) for schema_matched in matched)
