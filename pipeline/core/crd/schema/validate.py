"""Validates a custom resource against a structural schema, as the API server does (apiextensions.k8s.io/v1).

Only what rejects an object or drops a field is checked. A format is reported only if a value is certainly invalid; CEL
is evaluated in core/crd/cel.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import orjson

from pipeline.core.crd.schema.embedded_objects import embedded_faults
from pipeline.core.crd.schema.openapi_formats import misfit
from pipeline.core.crd.schema.violation import Refuses, SchemaViolation
from pipeline.core.go_pattern import compiled
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.words import article

Schema = Mapping[str, Any]
_IMPLIED = frozenset({"apiVersion", "kind", "metadata"})
_COMBINATORS = frozenset({"allOf", "anyOf", "oneOf", "not"})
_ROUNDING = 1e-9
_PRESERVE = "x-kubernetes-preserve-unknown-fields"


def violations(schema: Schema, body: Any) -> tuple[SchemaViolation, ...]:
    """Everything that is wrong with an object; its metadata and status are not looked at."""
    shown = {key: value for key, value in mapping(body).items() if key not in (*_IMPLIED, "status")}
    rest = {**schema, "required": [key for key in sequence(schema.get("required")) if key not in (*_IMPLIED, "status")]}
    return tuple(_check(rest, shown, ()))


def pruned(schema: Schema, body: Any) -> tuple[Path, ...]:
    """The fields that the API server would drop because no schema names them."""
    shown = {key: value for key, value in mapping(body).items() if key not in (*_IMPLIED, "status")}
    return tuple(_unknown(schema, shown, ()))


def _check(schema: Schema, value: Any, path: Path) -> Iterator[SchemaViolation]:
    if value is None:
        if path and isinstance(path[-1], int) and not schema.get("nullable") and "type" in schema:
            yield SchemaViolation(
                path, f"null is not {article(str(schema['type']))}"
            )  # of fields, the server drops nulls
        return
    wrong = _type_error(schema, value)
    if wrong:
        yield SchemaViolation(path, wrong, Refuses.EDITS if _typed_alike(schema, value) else Refuses.TYPE)
        return
    enum = schema.get("enum")
    if isinstance(enum, list) and value not in enum:
        allowed = ", ".join(map(str, enum[:6]))
        yield SchemaViolation(path, f"{_short(value)} is none of {allowed}")
    if isinstance(value, dict):
        yield from _object(schema, value, path)
    elif isinstance(value, list):
        yield from _array(schema, value, path)
    elif isinstance(value, str):
        yield from _text(schema, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(schema, value, path)
    yield from _combined(schema, value, path)


def _type_error(schema: Schema, value: Any) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else f"{_short(value)} is neither a whole number nor text"
    kind = schema.get("type")
    if kind is None or _is(kind, value):
        return ""
    return f"{_short(value)} is not {article(str(kind))}"


def _typed_alike(schema: Schema, value: Any) -> bool:
    """Whether server-side apply takes the value: all numbers are one type to it, and int-or-string is none."""
    if schema.get("x-kubernetes-int-or-string"):
        return True
    return schema.get("type") == "integer" and isinstance(value, float)


def _is(kind: Any, value: Any) -> bool:
    if isinstance(value, bool):
        return bool(kind == "boolean")
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "object": (dict,),
        "array": (list,),
        "number": (int, float),
        "boolean": (),
    }
    return isinstance(value, kinds.get(str(kind), (object,)))


def _object(schema: Schema, value: dict[str, Any], path: Path) -> Iterator[SchemaViolation]:
    below = mapping(schema.get("properties"))
    required = [key for key in sequence(schema.get("required")) if isinstance(key, str)]
    missing = [key for key in required if _absent(value, key, mapping(below.get(key)))]
    if missing:
        yield SchemaViolation(path, f"{', '.join(map(str, missing))} must be set")
    if schema.get("x-kubernetes-embedded-resource"):
        for step, message in embedded_faults(value):
            yield SchemaViolation((*path, step), message, Refuses.WRITES, path)
    yield from _count(schema, len(value), "Properties", "fields", path)
    extra = schema.get("additionalProperties")
    for key, item in value.items():
        if key in below:
            yield from _check(mapping(below[key]), item, (*path, key))
        elif isinstance(extra, dict):
            yield from _check(extra, item, (*path, key))


def _absent(value: dict[str, Any], key: str, schema: Schema) -> bool:
    """The server drops nulls of fields that are not nullable, and fills defaults, before it validates."""
    there = value.get(key) is not None or (key in value and bool(schema.get("nullable")))
    return not there and "default" not in schema


def _array(schema: Schema, value: list[Any], path: Path) -> Iterator[SchemaViolation]:
    yield from _count(schema, len(value), "Items", "entries", path)
    items = mapping(schema.get("items"))
    for index, item in enumerate(value):
        yield from _check(items, item, (*path, index))
    twice = _twice(schema, value)
    if twice:
        yield SchemaViolation(path, f"{_short(twice)} is there twice", Refuses.APPLIES)


def _twice(schema: Schema, value: list[Any]) -> str:
    """The first entry, or key of an entry, that a list of type set or map may not have again; empty for none."""
    kind, seen = schema.get("x-kubernetes-list-type"), set()
    if kind not in ("set", "map"):
        return ""
    keys = [key for key in sequence(schema.get("x-kubernetes-list-map-keys")) if isinstance(key, str)]
    fields = mapping(mapping(schema.get("items")).get("properties"))
    for item in value:
        if kind == "set":
            part = orjson.dumps(item, option=orjson.OPT_SORT_KEYS)
        else:
            entry = mapping(item)
            values = {key: entry.get(key, mapping(fields.get(key)).get("default")) for key in keys}
            part = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        if part in seen:
            return part.decode()
        seen.add(part)
    return ""


def _text(schema: Schema, value: str, path: Path) -> Iterator[SchemaViolation]:
    yield from _count(schema, len(value), "Length", "characters", path)
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        known = compiled(pattern)
        if known is not None and not known.search(value):
            yield SchemaViolation(path, f"{_short(value)} does not match {pattern}")
    if misfit(schema.get("format"), value):
        yield SchemaViolation(path, f"{_short(value)} is not a valid {schema['format']}")


def _number(schema: Schema, value: float, path: Path) -> Iterator[SchemaViolation]:
    low, high, step = (_bound(schema, key) for key in ("minimum", "maximum", "multipleOf"))
    if low is not None and (value < low or (value == low and schema.get("exclusiveMinimum") is True)):
        yield SchemaViolation(path, f"{value} is less than {low}")
    if high is not None and (value > high or (value == high and schema.get("exclusiveMaximum") is True)):
        yield SchemaViolation(path, f"{value} is more than {high}")
    if step and not _is_multiple(value, step):
        yield SchemaViolation(path, f"{value} is not a multiple of {step}")


def _is_multiple(value: float, step: float) -> bool:
    """Certain ones only: what a float cannot hold is the server's to judge."""
    try:
        times = value / step
        return abs(times - round(times)) <= _ROUNDING
    except (OverflowError, ValueError):
        return True


def _bound(schema: Schema, key: str) -> float | None:
    """None for what is not a number: the API server refuses the CRD, and no custom resource is at fault."""
    bound = schema.get(key)
    return bound if isinstance(bound, int | float) and not isinstance(bound, bool) else None


def _count(schema: Schema, number: int, suffix: str, what: str, path: Path) -> Iterator[SchemaViolation]:
    low, high = schema.get(f"min{suffix}"), schema.get(f"max{suffix}")
    if isinstance(low, int) and number < low:
        yield SchemaViolation(path, f"{number} {what}, and at least {low} are asked for")
    if isinstance(high, int) and number > high:
        yield SchemaViolation(path, f"{number} {what}, and at most {high} are allowed")


def _combined(schema: Schema, value: Any, path: Path) -> Iterator[SchemaViolation]:
    if _COMBINATORS.isdisjoint(schema):
        return
    for part in sequence(schema.get("allOf")):
        for violation in _check(mapping(part), value, path):
            yield replace(violation, refuses=Refuses.EDITS, raised_at=path)
    for key in ("anyOf", "oneOf"):
        parts = [mapping(part) for part in sequence(schema.get(key))]
        fitting = sum(1 for part in parts if not any(True for _ in _check(part, value, path)))
        if parts and (fitting == 0 or (key == "oneOf" and fitting > 1)):
            yield SchemaViolation(path, f"it matches {fitting or 'none'} of the alternatives that the schema gives")
    if isinstance(schema.get("not"), dict) and not any(True for _ in _check(schema["not"], value, path)):
        yield SchemaViolation(path, "it matches what the schema forbids")


def _unknown(schema: Schema, value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(mapping(schema.get("items")), item, (*path, index))
        return
    if not isinstance(value, dict):
        return
    keeps = schema.get(_PRESERVE)  # what is not named; what is named is pruned by its own schema
    below, extra = mapping(schema.get("properties")), schema.get("additionalProperties")
    embedded = _IMPLIED if schema.get("x-kubernetes-embedded-resource") else frozenset[str]()
    for key, item in value.items():
        if key in below:
            yield from _unknown(mapping(below[key]), item, (*path, key))
        elif isinstance(extra, dict):
            yield from _unknown(extra, item, (*path, key))
        elif not extra and not keeps and key not in embedded:
            yield (*path, key)


def _short(value: Any) -> str:
    text = str(value) if not isinstance(value, dict | list) else "a map" if isinstance(value, dict) else "a list"
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - fits a line
