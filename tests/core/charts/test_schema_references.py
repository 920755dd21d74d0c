"""What leads out of a schema is found in every shape, and what stays inside is not."""

import json

import pytest

from pipeline.core.charts.schema_references import SchemaError, leading_out

DRAFT = "http://json-schema.org/draft"
AWAY = "http://example.com/x.json"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": AWAY},
        {"$ref": "https://example.com/x.json#/definitions/a"},
        {"$ref": "file:///etc/hostname"},
        {"$ref": "other.json"},
        {"$ref": "/etc/hostname"},
        {"$ref": "../../x.json"},
        {"$ref": "//example.com/x"},
        {"$ref": "http://["},
        {"$ref": "urn:example:x"},
        {"$dynamicRef": AWAY},
        {"$recursiveRef": AWAY},
        {"$schema": AWAY},
        {"$schema": "https://json-schema.org.example.com/schema#"},
        {"properties": {"a": {"items": [{"allOf": [{"$ref": AWAY}]}]}}},
        {"definitions": {"a": {"$schema": AWAY}}},
        {"$id": AWAY, "$ref": AWAY},
        {"$schema": "http://json-schema.org/draft-04/schema#", "$id": AWAY, "allOf": [{"$ref": AWAY}]},
        {"id": AWAY, "allOf": [{"$ref": AWAY}]},
        {"default": {"$id": AWAY}, "allOf": [{"$ref": AWAY}]},
        {"$id": "http://example.com/y.json", "allOf": [{"$ref": "x.json"}]},
        {"$id": AWAY, "definitions": {"a": {"$id": "http://example.org/", "allOf": [{"$ref": "x.json"}]}}},
        {"$schema": f"{DRAFT}-04/schema#", "id": "http://example.org/", "allOf": [{"$ref": "values.schema.json"}]},
        {"properties": {"a": {"$id": "http://example.org/", "allOf": [{"$ref": "values.schema.json"}]}}},
        {"properties": {"a": {"id": "http://example.org/", "allOf": [{"$ref": "values.schema.json"}]}}},
        {"allOf": [{"$ref": AWAY}], "properties": {"a": {"$id": AWAY}}},
        {"allOf": [{"$ref": AWAY}], "definitions": {"a": {"default": {"$id": AWAY}}}},
        {"allOf": [{"$ref": AWAY}], "definitions": {"a": {"$id": AWAY, "$ref": "#"}}},
        {"allOf": [{"$ref": AWAY}], "definitions": {"a": {"$id": AWAY, "$schema": f"{DRAFT}-04/schema#"}}},
        {"allOf": [{"$ref": AWAY}], "definitions": {"a": {"$id": AWAY}, "b": {"$id": AWAY}}},
        {"$ref": AWAY, "definitions": {"a": {"$id": AWAY}}},
        {"$schema": f"{DRAFT}-07/schema#", "allOf": [{"$ref": AWAY}], "$defs": {"a": {"$id": AWAY}}},
        {"$schema": f"{DRAFT}-04/schema#", "allOf": [{"$ref": AWAY}], "definitions": {"a": {"$id": AWAY}}},
    ],
)
def test_what_leads_out_is_found(schema: object) -> None:
    assert leading_out(json.dumps(schema))


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {"$ref": "#/definitions/a", "definitions": {"a": {}}},
        {"$ref": "#"},
        {"$id": AWAY, "allOf": [{"$ref": AWAY}, {"$ref": "x.json#/definitions/a"}, {"$ref": f"{AWAY}#/definitions/a"}]},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"$ref": "http://json-schema.org/draft-07/schema#"},
        {"properties": {"$ref": {"type": "string"}, "$schema": {"type": "string"}}},
        {"allOf": [{"$ref": AWAY}, {"$ref": f"{AWAY}#/properties/a"}], "definitions": {"a": {"$id": AWAY}}},
        {"allOf": [{"$ref": AWAY}], "$defs": {"a": {"$id": AWAY}}},
        {"$schema": f"{DRAFT}-07/schema#", "allOf": [{"$ref": AWAY}], "definitions": {"a": {"$id": AWAY}}},
    ],
)
def test_what_stays_inside_is_not(schema: object) -> None:
    assert leading_out(json.dumps(schema)) == []


def test_references_are_told_as_they_are_written_once() -> None:
    assert leading_out("\ufeff" + json.dumps([{"$ref": AWAY}, {"$ref": AWAY}, {"$ref": "a"}])) == ["a", AWAY]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": 1', "\x00", "1" * 5000])
def test_what_is_no_schema_is_said(text: str) -> None:
    with pytest.raises(SchemaError, match=r"not valid JSON|nested too deeply"):
        leading_out(text)
