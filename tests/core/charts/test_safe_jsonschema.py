"""The schema of a stranger: what it refuses is found, and nothing that it holds is fetched or slow."""

import time
from typing import Any

import pytest

from pipeline.core.charts.safe_jsonschema import errors


def paths(schema: dict[str, Any], instance: Any) -> list[tuple[str, list[str]]]:
    return [(error.validator, list(map(str, error.absolute_path))) for error in errors(schema, instance)]


def test_what_does_not_suit_is_found_with_its_path() -> None:
    schema = {"properties": {"a": {"type": "integer"}}, "patternProperties": {"^x-": {"type": "string"}}}
    closed = schema | {"additionalProperties": False}
    assert paths(closed, {"a": "1", "x-b": 2, "c": 3}) == [
        ("type", ["a"]),
        ("type", ["x-b"]),
        ("additionalProperties", []),
    ]
    assert paths(closed, {"a": 1, "x-b": "2"}) == []
    assert paths(schema | {"additionalProperties": {"type": "boolean"}}, {"c": 3}) == [("type", ["c"])]
    assert paths({"definitions": {"p": {"pattern": "^a+$"}}, "items": {"$ref": "#/definitions/p"}}, ["aa", "ab"]) == [
        ("pattern", ["1"])
    ]


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/x.json", "file:///etc/passwd", "other.json"])
def test_nothing_is_fetched(reference: str) -> None:
    assert paths({"properties": {"a": {"$ref": reference}, "b": {"type": "integer"}}}, {"a": 1, "b": "x"}) == []


def test_no_pattern_is_slow() -> None:
    start = time.monotonic()
    slow = {"patternProperties": {"^(a+)+$": {"type": "string"}}, "additionalProperties": False}
    assert paths({"pattern": "^(a+)+$"}, "a" * 60 + "!") == [("pattern", [])]
    assert paths(slow, {"a" * 60 + "!": 1}) == [("additionalProperties", [])]
    assert time.monotonic() - start < 5


@pytest.mark.slow
@pytest.mark.parametrize("way", ["anyOf", "allOf", "oneOf"])
@pytest.mark.parametrize("wrapped", ["alone", "not", "if", "beside"])
def test_references_that_multiply_end(way: str, wrapped: str) -> None:
    """Two to the fortieth: it ends, or the test never does. Helm gives up at the second of two that fit."""
    links = {f"a{n}": {way: [{"$ref": f"#/$defs/a{n + 1}"}] * 2} for n in range(40)} | {"a40": {"type": "string"}}
    first: dict[str, Any] = {"$ref": "#/$defs/a0"}
    places = {"alone": first, "not": {"not": first}, "if": {"if": first, "then": False}}
    whole = places.get(wrapped, {"oneOf": [True, True, first]})
    assert len(list(errors({"$defs": links} | whole, 1))) <= 1


@pytest.mark.slow
def test_many_patterns_for_many_keys_are_not_asked() -> None:
    schema = {"patternProperties": {f"^{n}$": {} for n in range(3_000)}, "additionalProperties": False}
    assert paths(schema, {f"a{n}": 1 for n in range(3_000)}) == []
    assert paths(schema, {f"a{n}": 1 for n in range(3)}) == [("additionalProperties", [])]


def test_a_schema_that_is_none_says_nothing() -> None:
    assert paths({"properties": {"a": {"type": 7}}}, {"a": 1}) == []
