"""Fields of built-in kinds that the API server accepts and drops, because their feature gate is off by default.

data/gated_fields.json has them by minor. scripts/derive_gated_fields.py derives them from what two real servers keep:
one with the default gates and one with all of them. A gate that a minor has off was off in every earlier one: gates go
from off to on. So the newest table counts for every older minor whose schema has the field. To it come the fields whose
gate has been on since a later minor than the one asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pkgutil import get_data
from typing import Any

import orjson

from pipeline.core.kube.fields import bounds, entries, fields_at, type_of
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource


@dataclass(frozen=True, slots=True)
class GatedField:
    """A field that is set and dropped: where, of which type, and the feature gate that would keep it."""

    path: Path
    type: str
    gate: str


def gated(resource: Resource, minor: int) -> tuple[GatedField, ...]:
    """What one minor of Kubernetes 1 drops of an object by default; nothing outside of the minors with a table."""
    root, table = type_of(resource.api_version, resource.kind), _at(minor)
    if not root or not table or minor < bounds()[0]:
        return ()
    return tuple(_below(table, minor, f"#{root}", resource.body, ()))


def _below(
    table: Mapping[str, Mapping[str, str]], minor: int, code: str, value: Any, path: Path
) -> Iterator[GatedField]:
    if code[:1] == "#" and isinstance(value, dict):
        known, off = fields_at(code[1:], minor), table.get(code[1:], {})
        for field, item in value.items():
            if item is None or field not in known:
                continue
            if field in off:
                yield GatedField((*path, field), code[1:], off[field])
            else:
                yield from _below(table, minor, known[field], item, (*path, field))
    elif (code[:1] == "[" and isinstance(value, list)) or (code[:1] == "{" and isinstance(value, dict)):
        inner = entries(code)[1]
        for step, item in enumerate(value) if isinstance(value, list) else value.items():
            yield from _below(table, minor, inner, item, (*path, step))


@cache
def _at(minor: int) -> Mapping[str, Mapping[str, str]]:
    """The table of the first minor from ``minor`` on that has one, with what later minors keep; empty beyond them."""
    data = get_data("pipeline", "data/gated_fields.json")
    assert data is not None, "BUG: gated_fields.json is missing from the package"
    tables = orjson.loads(data)
    later = tables.pop("until")
    own = next((tables[table] for table in sorted(tables, key=int) if int(table) >= minor), None)
    if own is None:
        return {}
    since = {owner: {f: gate for f, (gate, on) in fields.items() if minor < on} for owner, fields in later.items()}
    return {owner: own.get(owner, {}) | since.get(owner, {}) for owner in own.keys() | since.keys()}
