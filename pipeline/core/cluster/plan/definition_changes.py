"""What the change of a definition does to custom resources that live, and what must be written for them first.

Server-side apply reads the live object by the new schema. A value of another type cannot be read, so every apply fails
("failed to create typed live object"); entries of a list whose type changed belong to nobody, so they stay; and fields
of managedFields are looked up in the version that they name. A merge patch is not typed: it goes first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.cluster.plan.managed_fields import FieldPath, owners
from pipeline.core.crd.definition import Definition, definition
from pipeline.core.crd.schema.validate import Schema
from pipeline.core.kube.resource import Body, Resource, mapping

IMPLIED = frozenset({"apiVersion", "kind", "metadata"})
PRESERVE = "x-kubernetes-preserve-unknown-fields"
_TOPOLOGY = ("x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-list-map-keys")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int, float),
    "number": (int, float),
}


@dataclass(frozen=True)
class DefinitionChange:
    """A definition as it lives, and as it will be; both are the same where it does not change."""

    before: Definition
    after: Definition

    def schemas(self, version: str) -> tuple[Schema, Schema]:
        return self.before.schema(version), self.after.schema(version)


def change_of(before: Body, after: Body) -> DefinitionChange:
    return DefinitionChange(definition(Resource.of(before)), definition(Resource.of(after)))


def first_by_patch(change: DefinitionChange, version: str, existing: Body, wanted: Body) -> tuple[FieldPath, ...]:
    """The fields of ``existing`` that must be written as ``wanted`` has them before an apply works; the outermost ones.

    Each is a path of names only: a merge patch replaces lists whole.
    """
    before, after = change.schemas(version)
    paths = {*_mistyped(after, _shown(existing), ()), *_regrouped(before, after, _shown(existing), _shown(wanted), ())}
    paths |= set(_emptied(_shown(existing), _shown(wanted), ()))
    return tuple(sorted(path for path in paths if not any(path[:n] in paths for n in range(1, len(path)))))


def vanished(existing: Body, wanted: Body, predicted: Body) -> tuple[FieldPath, ...]:
    """The maps and lists that shall be empty and, after the apply that is predicted, would not be so.

    They would not be there at all, or hold what belongs to nobody: the schema's default, which comes back.
    """
    owned = owners(predicted)
    return tuple(
        path
        for path in _emptied(_shown(existing), _shown(wanted), ())
        if value_at(predicted, path) not in ({}, [])
        and not any(other[: len(path)] == path for other in owned if len(other) > len(path))
    )


def nulls_to_omit(schema: Schema, wanted: Body) -> tuple[FieldPath, ...]:
    """The nulls that server-side apply refuses: other writes drop them, so that they mean an absent field."""
    return tuple(sorted(_nulls(schema, _shown(wanted), ())))


def merge_patch(existing: Any, wanted: Any, paths: Iterable[FieldPath]) -> Body:
    """The merge patch (RFC 7396) that makes ``paths`` of ``existing`` what ``wanted`` has there."""
    patch: Body = {}
    for path in paths:
        names = [step.removeprefix("f:") for step in path]
        old, new = value_at(existing, path), value_at(wanted, path)
        inside = patch
        for name in names[:-1]:
            inside = inside.setdefault(name, {})
        inside[names[-1]] = _difference(old, new)
    return patch


def patched(existing: Body, patch: Body) -> Body:
    """What a merge patch makes of an object."""
    result = dict(existing)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            old = result.get(key)
            result[key] = patched(old if isinstance(old, dict) else {}, value)
        else:
            result[key] = value
    return result


def _shown(body: Body) -> Body:
    return {key: value for key, value in body.items() if key not in (*IMPLIED, "status")}


def _mistyped(schema: Schema, value: Any, path: FieldPath) -> Iterator[FieldPath]:
    """Values that the schema cannot read. Of a list's entries, the list."""
    if value is None:
        return
    if path and not _fits(schema, value):
        yield path
    elif isinstance(value, dict):
        for name, below in value.items():
            inner = field_schema(schema, name)
            if inner is not None:
                yield from _mistyped(inner, below, (*path, f"f:{name}"))
    elif isinstance(value, list):
        items = mapping(schema.get("items"))
        if any(next(_mistyped(items, entry, ("i:0",)), None) for entry in value):
            yield path


def _fits(schema: Schema, value: Any) -> bool:
    if schema.get("x-kubernetes-int-or-string"):
        return isinstance(value, int | str) and not isinstance(value, bool)
    wanted = _TYPES.get(str(schema.get("type")))
    return wanted is None or (isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool)))


def field_schema(schema: Schema, name: str) -> Schema | None:
    """The schema of a field; None where nothing is known of it."""
    field = mapping(schema.get("properties")).get(name, schema.get("additionalProperties"))
    return field if isinstance(field, Mapping) else None


def _regrouped(before: Schema, after: Schema, existing: Any, wanted: Any, path: FieldPath) -> Iterator[FieldPath]:
    """Lists and maps whose type changes, where the apply takes something out of them."""
    if existing is None or existing == wanted:
        return
    if path and isinstance(existing, list | dict) and any(before.get(key) != after.get(key) for key in _TOPOLOGY):
        yield path
    elif isinstance(existing, dict):
        for name, below in existing.items():
            old, new = field_schema(before, name), field_schema(after, name)
            if old is not None and new is not None:
                yield from _regrouped(old, new, below, mapping(wanted).get(name), (*path, f"f:{name}"))
    elif isinstance(existing, list):
        old, new = mapping(before.get("items")), mapping(after.get("items"))
        if list(_topologies(old)) != list(_topologies(new)):
            yield path


def _topologies(schema: Schema) -> Iterator[tuple[str, ...]]:
    """Every list and map type inside of a schema, in order."""
    yield tuple(str(schema.get(key)) for key in _TOPOLOGY)
    for _, inner in sorted(mapping(schema.get("properties")).items()):
        yield from _topologies(mapping(inner))
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), Mapping):
            yield from _topologies(schema[key])


def _emptied(existing: Any, wanted: Any, path: FieldPath) -> Iterator[FieldPath]:
    """Maps and lists that have entries and shall have none: an apply that takes the last one out leaves null."""
    if path and existing and isinstance(existing, dict | list) and wanted in ({}, []):
        yield path
    elif isinstance(existing, dict) and isinstance(wanted, dict):
        for name in existing.keys() & wanted.keys():
            yield from _emptied(existing[name], wanted[name], (*path, f"f:{name}"))


def _nulls(schema: Schema, value: Any, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(value, dict):
        for name, below in value.items():
            inner = field_schema(schema, name) or {}
            if below is None and not inner.get("nullable") and not schema.get(PRESERVE):
                yield (*path, f"f:{name}")
            elif below is not None:
                yield from _nulls(inner, below, (*path, f"f:{name}"))
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _nulls(mapping(schema.get("items")), entry, (*path, f"i:{number}"))


def contains(live: Any, wanted: Any) -> bool:
    """Whether a live value is what was written, with defaults of the server at most."""
    if isinstance(live, dict) and isinstance(wanted, dict) and wanted:
        return all(name in live and contains(live[name], value) for name, value in wanted.items() if value is not None)
    if isinstance(live, list) and isinstance(wanted, list):
        return len(live) == len(wanted) and all(map(contains, live, wanted))
    return bool(live == wanted)


def is_patched(existing: Body, wanted: Body, paths: Iterable[FieldPath]) -> bool:
    """Whether ``paths`` are already as ``wanted`` has them."""
    return all(contains(*(value_at(body, path) for body in (existing, wanted))) for path in paths)


def value_at(body: Body, path: FieldPath) -> Any:
    """None where there is nothing."""
    return _at(body, [step.removeprefix("f:") for step in path])


def _at(value: Any, names: Iterable[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _difference(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        gone = dict.fromkeys(old.keys() - new.keys())
        changed = {name: _difference(old.get(name), value) for name, value in new.items()}
        return {**gone, **changed}
    return new
