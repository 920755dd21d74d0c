"""What the API server requires of a CRD's schemas: a type for every value (KEP-2337), and valid defaults.

Alternatives (allOf and its kin) need no types and have no defaults.
"""

from collections.abc import Iterator

from pipeline.core.crd.schema.validate import Schema, violations
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping

_UNTYPED = ("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields")


def untyped(schema: Schema) -> Iterator[Path]:
    """Where a value has no type, and nothing that stands for one."""
    for path, node in nodes(schema):
        if not node.get("type") and not any(node.get(key) is True for key in _UNTYPED):
            yield path


def misfits(schema: Schema, *, below: bool = True) -> Iterator[tuple[Path, str]]:
    """Each default that its own schema refuses, with why; of the schema itself alone where not ``below``."""
    for path, node in nodes(schema) if below else (((), schema),):
        if "default" in node:
            wrong = violations({"properties": {"default": node}}, {"default": node["default"]})
            if wrong:
                yield (*path, "default"), wrong[0].message


def nodes(schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
    """The schema, and every one below it."""
    yield path, schema
    for key, below in mapping(schema.get("properties")).items():
        if isinstance(below, dict):
            yield from nodes(below, (*path, "properties", key))
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key], (*path, key))
