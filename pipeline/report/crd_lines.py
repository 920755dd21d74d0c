"""A changed CRD told as the fields of its custom resources: ``+ spec.size: integer``, and prose as one count."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import UNSET

from pipeline.core.analysis.short_values import brief, brief_pair
from pipeline.core.crd.schema.changes import INT_OR_STRING, PROPERTY, PROSE, schema_place
from pipeline.core.judge.report_document import FieldEntry
from pipeline.core.kube.path import from_json
from pipeline.core.words import agreeing, counted, listed

_ORDER = {"-": 0, "+": 1}
_NAMED = 4
_LONGEST = 160
_MARKED = {"added": "+", "removed": "-"}
MarkedText = tuple[str, str]
"""A diff's mark and a line's text. ``#`` is a note."""


def crd_lines(fields: Iterable[FieldEntry]) -> tuple[list[MarkedText], list[FieldEntry]]:
    """What changes in the schemas, and the fields of the change that lie elsewhere in the CRD.

    What several versions share is told once. Fields that come and go are first, then limits, then the count of prose.
    """
    told: dict[tuple[int, str, str], list[str]] = {}
    prose: dict[tuple[str, ...], None] = {}
    rest = []
    for field in fields:
        place = schema_place(from_json(field.path))
        if place is None:
            rest.append(field)
        elif place[1] in PROSE:
            prose[(place[2], str(field.op), str(field.path))] = None
        else:
            version, keyword, name = place
            for rank, mark, text in _told(field, keyword, name or "(root)"):
                told.setdefault((rank, mark, text), []).append(version)
    lines = [(mark, f"{', '.join(dict.fromkeys(of))} {text}") for (_, mark, text), of in _sorted(told)]
    return [*lines, *_prose(len(prose))], rest


def _sorted(told: Mapping[tuple[int, str, str], list[str]]) -> list[tuple[tuple[int, str, str], list[str]]]:
    """By what is said, and a limit's old value right before its new one."""
    return sorted(told.items(), key=lambda item: (item[0][0], item[0][2].split(" ", 1)[0], _ORDER[item[0][1]]))


def _prose(number: int) -> Iterator[MarkedText]:
    if number:
        yield "#", f"{counted(number, 'description')} {agreeing(number, 'differs')}"


def _told(field: FieldEntry, keyword: str, name: str) -> Iterator[tuple[int, str, str]]:
    """Its rank, mark and text, one for each side that there is."""
    if keyword == PROPERTY:
        for mark, value in (("-", field.old), ("+", field.new)):
            yield from ((0, mark, text) for text in _properties(name, value))
        return
    old, new = field.old, field.new
    before, after = brief_pair(old, new, _LONGEST) if old is not UNSET and new is not UNSET else (None, None)
    if old is not UNSET:
        yield 1, "-", f"{name} {keyword}: {before or brief(old, _LONGEST)}"
    if new is not UNSET:
        yield 1, "+", f"{name} {keyword}: {after or brief(new, _LONGEST)}"


def _properties(name: str, value: Any) -> Iterator[str]:
    if value is UNSET:
        return
    if name.endswith(".*") and isinstance(value, dict) and "type" not in value:  # all the properties of an object
        yield from (f"{name.removesuffix('*')}{key}: {type_of(schema)}" for key, schema in value.items())
    else:
        yield f"{name}: {type_of(value)}"


def type_of(schema: Any, depth: int = 3) -> str:
    """``integer``, ``[]string``, ``map[string]string``, ``object (a, b and 3 more)``, ``string (A | B)``."""
    if not isinstance(schema, dict):
        return "anything"
    if schema.get(INT_OR_STRING) is True:
        return "integer or string"
    kind = schema.get("type")
    if kind == "array" and depth:
        return f"[]{type_of(schema.get('items'), depth - 1)}"
    properties, others = schema.get("properties"), schema.get("additionalProperties")
    if isinstance(properties, dict) and properties:
        return f"object ({listed(map(str, properties), _NAMED, noun='field')})"
    if isinstance(others, dict) and depth:
        return f"map[string]{type_of(others, depth - 1)}"
    choices = schema.get("enum")
    if isinstance(choices, list) and choices:
        return f"{kind or 'value'} ({listed(map(str, choices), _NAMED, between=' | ')})"
    return str(kind or "object")
