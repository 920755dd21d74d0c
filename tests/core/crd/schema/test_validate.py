"""Custom resources are judged as the API server judges them."""

from typing import Any

import pytest

from pipeline.core.crd.schema.validate import pruned, violations

SPEC: dict[str, Any] = {
    "type": "object",
    "required": ["host"],
    "properties": {
        "host": {"type": "string", "pattern": "^[a-z.]+$", "maxLength": 10},
        "port": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "size": {"type": "integer", "minimum": 1, "maximum": 5},
        "mode": {"type": "string", "enum": ["a", "b"]},
        "list": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {"x": {"type": "number"}}}},
        "map": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "one": {"oneOf": [{"required": ["p"]}, {"required": ["q"]}], "type": "object"},
        "none": {"type": "string", "nullable": True},
    },
}
SCHEMA = {"type": "object", "required": ["spec", "metadata"], "properties": {"spec": SPEC}}


def body(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": {"host": "a.b"} | spec}


VALID: list[dict[str, Any]] = [
    {},
    {"port": 1},
    {"port": "http"},
    {"size": 5},
    {"size": None},
    {"size": 3.0},
    {"mode": "a"},
    {"list": [{"x": 1.5}]},
    {"map": {"k": True}},
    {"free": {"any": [1]}},
    {"one": {"p": 1}},
    {"none": None},
]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"multipleOf": 1e-320}, 1e10),
        ({"multipleOf": 0.1}, 10**400),
        ({"multipleOf": -1e-320}, -1e300),
        ({"minimum": 1e308}, 10**400),
        ({"maximum": -1e308}, -(10**400)),
        ({"multipleOf": 10**400}, 1.5),
    ],
)
def test_numbers_that_no_float_holds_are_left_to_the_server(rule: dict[str, Any], value: float) -> None:
    schema = {"type": "object", "properties": {"spec": {"type": "number"} | rule}}
    assert violations(schema, {"kind": "X", "spec": value}) == ()


@pytest.mark.parametrize("spec", VALID)
def test_what_is_valid(spec: dict[str, Any]) -> None:
    assert violations(SCHEMA, body(**spec)) == ()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"host": "A"}, "spec.host: A does not match ^[a-z.]+$"),
        ({"host": "a" * 11}, "spec.host: 11 characters, and at most 10 are allowed"),
        ({"host": 7}, "spec.host: 7 is not a string"),
        ({"port": True}, "spec.port: True is neither a whole number nor text"),
        ({"size": 6}, "spec.size: 6 is more than 5"),
        ({"size": "6"}, "spec.size: 6 is not an integer"),
        ({"mode": "c"}, "spec.mode: c is none of a, b"),
        ({"list": [{}, {}, {}]}, "spec.list: 3 entries, and at most 2 are allowed"),
        ({"list": [{"x": "y"}]}, "spec.list[0].x: y is not a number"),
        ({"map": {"k": 1}}, "spec.map.k: 1 is not a boolean"),
        ({"one": {}}, "spec.one: it matches none of the alternatives that the schema gives"),
        ({"one": {"p": 1, "q": 1}}, "spec.one: it matches 2 of the alternatives that the schema gives"),
    ],
)
def test_what_is_refused(spec: dict[str, Any], words: str) -> None:
    assert [str(violation) for violation in violations(SCHEMA, body(**spec))] == [words]


def test_a_missing_field_and_a_missing_spec() -> None:
    assert [str(v) for v in violations(SCHEMA, {"spec": {}})] == ["spec: host must be set"]
    assert [str(v) for v in violations(SCHEMA, {})] == ["the object: spec must be set"]


def test_unknown_fields_are_pruned_but_where_anything_goes() -> None:
    spec = body(new=1, list=[{"x": 1, "y": 2}], map={"any": True}, free={"deep": {"er": 1}})
    assert pruned(SCHEMA, spec) == (("spec", "new"), ("spec", "list", 0, "y"))


def test_null_of_a_required_field_is_as_if_it_were_not_there() -> None:
    assert violations(SCHEMA, body(host=None))


def test_named_fields_are_pruned_below_what_preserves_unknown_ones() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "string"}}}
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"known": inner}}
    schema = {"type": "object", "properties": {"spec": free}}
    assert pruned(schema, {"spec": {"any": 1, "known": {"x": "a", "y": 1}}}) == (("spec", "known", "y"),)


def only(schema: dict[str, Any], value: Any) -> list[str]:
    return [found.message for found in violations({"type": "object", "properties": {"spec": schema}}, {"spec": value})]


def test_lists_that_are_sets_or_maps_have_no_entry_twice() -> None:
    names = {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}
    assert only(names, ["a", "b"]) == []
    assert only(names, ["a", "b", "a"]) == ['"a" is there twice']
    item = {"type": "object", "properties": {"port": {"type": "integer"}, "via": {"type": "string", "default": "TCP"}}}
    ports = {"type": "array", "items": item, "x-kubernetes-list-type": "map"}
    ports["x-kubernetes-list-map-keys"] = ["port", "via"]
    assert only(ports, [{"port": 1}, {"port": 1, "via": "UDP"}]) == []
    assert only(ports, [{"port": 1}, {"port": 1, "via": "TCP"}]) == ['{"port":1,"via":"TCP"} is there twice']


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("^a+$", "aa\n", False),  # Python's $ would match before the last line end
        (r"\Aa\z", "a", True),
        ("^(a+)+$", "a" * 60 + "b", False),  # a backtracking engine would never end
        ("(?<=x)a", "b", True),  # Go refuses the pattern: it judges nothing
    ],
)
def test_patterns_are_of_the_dialect_of_go(pattern: str, text: str, *, fits: bool) -> None:
    assert (not only({"type": "string", "pattern": pattern}, text)) == fits
