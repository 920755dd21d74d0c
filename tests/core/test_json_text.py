"""JSON says the same, and holds nothing that a terminal obeys or a reader cannot see."""

import json

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.cluster.api.canonical import encode
from pipeline.core.json_text import escaped, escaped_bytes

HOSTILE = "\x7f\x85\x9b31m\u200b\u202e\u2066\u2028\ufeff\U000e0041"


@pytest.mark.slow
@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_it_says_the_same(value: object) -> None:
    text = orjson.dumps(value).decode()
    assert json.loads(escaped(text)) == value
    assert escaped(escaped(text)) == escaped(text)
    assert escaped_bytes(text.encode()) == escaped(text).encode()


def test_nothing_hostile_is_left() -> None:
    text = escaped(orjson.dumps({HOSTILE: [HOSTILE, "pässwörd 漢字"]}).decode())
    assert not set(HOSTILE) - set("31m") & set(text)
    assert "pässwörd 漢字" in text
    assert "\\u009b31m" in text
    assert "\\udb40\\udc41" in text


class Record(msgspec.Struct):
    name: str


def test_a_plan_is_written_so_too_and_reads_back() -> None:
    data = encode(Record(HOSTILE))
    assert data.isascii()
    assert msgspec.json.decode(data, type=Record) == Record(HOSTILE)
    assert encode(msgspec.json.decode(data, type=Record)) == data
