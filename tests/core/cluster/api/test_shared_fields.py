"""Equal fieldsV1 are one object afterwards, and everything else is as it was."""

import copy
from typing import Any

from pipeline.core.cluster.api.shared_fields import SharedFields


def body(name: str, *managers: str, **fields: Any) -> dict[str, Any]:
    entries = [{"manager": one, "fieldsV1": {"f:data": fields}} for one in managers]
    return {"metadata": {"name": name, "managedFields": entries}, "data": {"a": "b"}}


def test_equal_fields_of_several_answers_are_held_once() -> None:
    shared = SharedFields()
    one, several = body("one", "a", x={}), {"items": [body("two", "b", x={}), body("three", "b", y={})], "metadata": {}}
    before = copy.deepcopy([one, several])
    shared.within(one)
    shared.within(several)
    assert [one, several] == before
    first, second, third = (each["metadata"]["managedFields"][0]["fieldsV1"] for each in (one, *several["items"]))
    assert first is second
    assert first is not third


def test_what_is_no_object_is_left_alone() -> None:
    several: list[Any] = [None, [], "x", {"metadata": []}, {"items": [1, {"metadata": 1}]}]
    for odd in (*several, {"metadata": {"managedFields": [None, {"fieldsV1": 1}]}, "items": 1}):
        before = copy.deepcopy(odd)
        SharedFields().within(odd)
        assert odd == before
