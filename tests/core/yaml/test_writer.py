"""What is written is read back as the same object, by Kubernetes's rules and by PyYAML's."""

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.yaml.reader import load
from pipeline.core.yaml.writer import dump

NASTY: list[str] = json.loads((Path(__file__).parents[2] / "data/nasty_strings.json").read_text())


class Plain11(yaml.SafeLoader):
    """PyYAML without its surprise on a lone ``=``."""


Plain11.add_constructor(
    "tag:yaml.org,2002:value", lambda loader, node: loader.construct_scalar(cast("yaml.ScalarNode", node))
)


@pytest.mark.parametrize("text", NASTY, ids=lambda text: repr(text)[:40])
def test_every_nasty_string_survives_in_every_position(text: str) -> None:
    for value in ({"v": text}, {text: 1}, {"l": [text, {"a": text}, [text]], "m": {"n": text}}):
        assert load(dump(value)) == value
        assert yaml.load(dump(value), Plain11) == value


DOCUMENTS = int(os.environ.get("PIPELINE_DOCUMENTS", "200"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(max_size=12)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=DOCUMENTS, deadline=None, derandomize=True)
@given(st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_reading_back_gives_the_object_and_the_same_bytes(value: dict[str, Any]) -> None:
    text = dump(value)
    assert load(text) == value
    assert dump(load(text)) == text


def test_style_is_what_people_expect() -> None:
    body = {"b": [{"name": "x", "args": ["-v"]}], "a": {"script": "echo hi\necho ho\n", "empty": {}, "on": True}}
    assert dump(body) == (
        "a:\n  empty: {}\n  'on': true\n  script: |\n    echo hi\n    echo ho\nb:\n- args:\n  - '-v'\n  name: x\n"
    )


def test_what_json_lacks_is_refused() -> None:
    with pytest.raises(TypeError):
        dump({"a": {1, 2}})
