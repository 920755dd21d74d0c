"""New validation rules of a CRD are evaluated on custom resources as the API server does, or said to be unchecked."""

from typing import Any

import pytest

from pipeline.core.crd.cel import verdict

SPEC: dict[str, Any] = {
    "type": "object",
    "properties": {
        "size": {"type": "integer"},
        "ratio": {"type": "number"},
        "name": {"type": "string"},
        "dash-ed": {"type": "string"},
        "namespace": {"type": "string"},
        "given": {"type": "string", "default": "yes"},
        "when": {"type": "string", "format": "date-time"},
        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def judged(rule: str, **spec: Any) -> Any:
    old = {"type": "object", "properties": {"spec": SPEC}}
    new = {"type": "object", "properties": {"spec": SPEC | {"x-kubernetes-validations": [{"rule": rule}]}}}
    return verdict(old, new, {"kind": "X", "metadata": {"name": "a"}, "spec": spec})


@pytest.mark.parametrize(
    ("rule", "spec"),
    [
        ("!has(self.size) || self.size < 5", {}),
        ("self.size < 5", {"size": 3}),
        ("self.ratio == 2.0 && type(self.ratio) == double", {"ratio": 2}),
        ("self.given == 'yes'", {}),
        ("!has(self.name)", {"name": None}),
        ("self.dash__dash__ed == 'x' && self.__namespace__ == 'y'", {"dash-ed": "x", "namespace": "y"}),
        ("self.list.all(x, x.a > 0)", {"list": [{"a": 1}, {"a": 2}]}),
        ("'a-b' in self.map", {"map": {"a-b": "c"}}),
        ("self.size == oldSelf.size", {"size": 3}),
    ],
)
def test_rule_holds(rule: str, spec: dict[str, Any]) -> None:
    found = judged(rule, **spec)
    assert (found.broken, found.unchecked) == ((), ())


@pytest.mark.parametrize(
    ("rule", "spec"),
    [
        ("self.size < 5", {"size": 7}),
        ("has(self.name)", {"name": None}),
        ("self.name.matches('^[a-z]+$')", {"name": "A"}),
        ("(has(self.size) ? 1 : 0) + (has(self.name) ? 1 : 0) == 1", {"size": 1, "name": "a"}),
        ("self.list.exists_one(x, x.a == 1)", {"list": [{"a": 1}, {"a": 1}]}),
    ],
)
def test_rule_is_broken(rule: str, spec: dict[str, Any]) -> None:
    found = judged(rule, **spec)
    assert [violation.path for violation in found.broken] == [("spec",)]


@pytest.mark.parametrize(
    ("rule", "spec"),
    [
        ("isURL(self.name)", {"name": "a"}),
        ("quantity(self.name).isGreaterThan(quantity('1'))", {"name": "5"}),
        ("self.name.size() <= 3", {"name": "ééé"}),
        ("self.size <", {"size": 1}),
        ("self.size", {"size": 1}),
        ("self.when > timestamp('2020-01-01T00:00:00Z')", {"when": "2021-01-01T00:00:00Z"}),
        ("self.list.all(a, self.list.all(b, self.list.all(c, true)))", {"list": [{"a": n} for n in range(200)]}),
        ("(" * 5000 + "true" + ")" * 5000, {"size": 1}),
    ],
)
def test_what_cannot_be_judged_is_unchecked_and_never_broken(rule: str, spec: dict[str, Any]) -> None:
    found = judged(rule, **spec)
    assert (found.broken, found.unchecked) == ((), (rule,))


def test_rule_of_old_is_not_asked_again() -> None:
    schema = {"type": "object", "properties": {"spec": SPEC | {"x-kubernetes-validations": [{"rule": "false"}]}}}
    other = {**schema, "description": "x"}
    assert verdict(schema, other, {"spec": {}}).broken == ()
