"""Which values are one to the API server."""

import re

import orjson
import pytest

from pipeline.core.diff.compare import fields_of
from pipeline.core.diff.equivalence import QUANTITY_FIELDS
from pipeline.core.kube.resource import Resource
from pipeline.core.yaml.reader import load

POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, resources: {limits: {cpu: %s}}}]}\n"
)
CUSTOM = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {limits: {cpu: %s}, interval: %s}\n"
QUANTITY = re.compile(r"(?:^|[\[{> !])q(?=[@ ]|$)")


def test_the_names_of_fields_that_hold_quantities_are_those_of_the_table() -> None:
    from pkgutil import get_data

    types = orjson.loads(get_data("pipeline", "data/fields.json") or b"")["types"]
    assert {field for one in types.values() for field, runs in one.items() if QUANTITY.search(runs)} == QUANTITY_FIELDS


@pytest.mark.parametrize(("old", "new"), [("1", "1000m"), ("1", "'1'"), ("0.5", "500m"), ("1k", "1000")])
def test_a_quantity_of_a_built_in_kind_is_its_number(old: str, new: str) -> None:
    assert fields_of(Resource.of(load(POD % old)), Resource.of(load(POD % new))) == ()


@pytest.mark.parametrize(
    ("old", "new", "noise"),
    [
        (("'1'", "60s"), ("1000m", "60s"), True),
        (("'1'", "60s"), ("'1'", "1m"), True),
        (("'1'", "60s"), ("1", "60s"), False),
        (("'1'", "60s"), ("'1'", "60"), False),
        (("'1'", "60s"), ("2", "60s"), False),
    ],
)
def test_in_a_custom_resource_it_is_a_change_with_or_without_a_reason(
    old: tuple[str, str],
    new: tuple[str, str],
    noise: bool,  # noqa: FBT001
) -> None:
    (change,) = fields_of(Resource.of(load(CUSTOM % old)), Resource.of(load(CUSTOM % new)))
    assert bool(change.noise) is noise


def test_a_text_of_a_built_in_kind_that_looks_like_a_quantity_is_a_text() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {limits: '%s'}}\n"
    (change,) = fields_of(Resource.of(load(text % "1")), Resource.of(load(text % "1000m")))
    assert not change.noise
