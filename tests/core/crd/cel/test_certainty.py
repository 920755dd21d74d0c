"""Rules that the engine answers otherwise than the API server are left to it."""

from typing import Any

import pytest

from pipeline.core.crd.cel.engine import Old
from pipeline.core.crd.cel.validation_rules import holds

TEXT = {"type": "string"}
NAMED = {"type": "object", "properties": {"k": TEXT}}
LISTS = {
    "whole": {"type": "array", "items": TEXT},
    "set-of": {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"},
    "set": {"type": "array", "items": TEXT, "x-kubernetes-list-type": "set"},
    "keyed": {"type": "array", "items": NAMED, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"]},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"s": TEXT, "n": {"type": "number"}, "inner": {"type": "object", "properties": LISTS}, **LISTS},
}
VALUE: dict[str, Any] = {
    "s": "a",
    "whole": ["a", "b"],
    "set-of": ["a", "b"],
    "set": ["a", "b"],
    "keyed": [{"k": "a"}],
    "inner": {"set": ["a"]},
}


def answer(rule: str, old: Any = None, **more: Any) -> bool | None:
    value = VALUE | more
    return holds(SCHEMA, value, rule, root=False, old=Old(value | (old or {})))


@pytest.mark.parametrize(
    "rule",
    [
        'size("é") == 1',
        'self.s.size() == 1 || "é" == ""',
        '"é".matches("^\\\\w$")',
        'string(1e21) == "1e+21"',
        'string(duration("90s")) == "90s"',
        'self.set == ["b", "a"]',
        '["b", "a"] == self.set',
        'self.set + ["a"] == ["a", "b"]',
        'self.set__dash__of == ["b", "a"]',
        "self == oldSelf",
        "self.inner == oldSelf.inner",
        "self.keyed == oldSelf.keyed",
        "[self.inner].all(entry, entry.set == [])",
    ],
)
def test_what_may_be_otherwise_is_not_judged(rule: str) -> None:
    assert answer(rule, {"set": ["b", "a"]}) is None


def test_a_value_that_is_not_ascii_or_not_whole_is_not_measured_or_written() -> None:
    assert answer("self.s.size() == 1", s="é") is None
    assert answer('string(self.n) == "1"', n=1) is None


@pytest.mark.parametrize(
    ("rule", "holds_"),
    [
        ("self.whole == oldSelf.whole", True),
        ('self.whole == ["b", "a"]', False),
        ('"a" in self.set && self.set.size() == 2', True),
        ('self.keyed[0].k == "a"', True),
        ('self.set.filter(entry, entry == "a").size() == 1', True),
        ('self.s + "b" == "ab"', True),
        ('self.s == "é"', False),
        ('string(3) == "3"', True),
    ],
)
def test_what_is_certain_is_judged(rule: str, *, holds_: bool) -> None:
    assert answer(rule) is holds_


def test_a_null_is_no_field() -> None:
    assert answer("has(self.s)", s=None) is False
