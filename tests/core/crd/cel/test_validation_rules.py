"""New validation rules of a CRD are evaluated on custom resources as the API server does, or said to be unchecked."""

from typing import Any

import pytest

from pipeline.core.crd.cel.transitions import transition
from pipeline.core.crd.cel.validation_rules import verdict

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
        ("isURL(self.name) && url(self.name).getScheme() == 'https'", {"name": "https://a.b:80/c"}),
        ("url(self.name).getHost() == 'a.b:80' && url(self.name).getPort() == '80'", {"name": "https://a.b:80/c"}),
        ("quantity(self.name).isGreaterThan(quantity('900Mi')) && isQuantity(self.name)", {"name": "1Gi"}),
        ("quantity(self.name) == quantity('1000m') && quantity(self.name).sign() == 1", {"name": "1"}),
        ("self.name.split(',').size() == 2 && self.name.split(',', 1)[0] == 'a,b'", {"name": "a,b"}),
        ("self.name.lowerAscii() == 'ab' && self.name.charAt(1) == 'B' && self.name.charAt(2) == ''", {"name": "aB"}),
        ("self.name.substring(1, 3) == 'bc' && self.name.indexOf('c') == 2", {"name": "abcd"}),
        ("self.name.find('[0-9]+') == '12' && self.name.findAll('[0-9]+') == ['12', '3']", {"name": "a12b3"}),
        ("isIP(self.name) && ip(self.name).family() == 4 && !isIP('01.2.3.4')", {"name": "10.0.0.1"}),
        ("self.list.map(x, x.a).isSorted() && self.list.map(x, x.a).sum() == 3", {"list": [{"a": 1}, {"a": 2}]}),
        ("self.list.map(x, x.a).max() == 2 && self.list.map(x, x.a).indexOf(2) == 1", {"list": [{"a": 1}, {"a": 2}]}),
        ("self.list.map(x, string(x.a)).join('-') == '1-2'", {"list": [{"a": 1}, {"a": 2}]}),
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
        ("isURL(self.name)", {"name": "a"}),
        ("quantity(self.name).isLessThan(quantity('1'))", {"name": "1k"}),
        ("isIP(self.name)", {"name": "::ffff:1.2.3.4"}),
    ],
)
def test_rule_is_broken(rule: str, spec: dict[str, Any]) -> None:
    found = judged(rule, **spec)
    assert [violation.path for violation in found.broken] == [("spec",)]


@pytest.mark.parametrize(
    ("rule", "spec"),
    [
        ("isURL(self.name)", {"name": "http://[::1]:namedport"}),
        ("quantity(self.name).isGreaterThan(quantity('1'))", {"name": "five"}),
        ("self.name.substring(5) == ''", {"name": "a"}),
        ("self.name.split('') == []", {"name": "a"}),
        ("self.?name.hasValue()", {"name": "a"}),
        ("!format.dns1123Label().validate(self.name).hasValue()", {"name": "a"}),
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


def changed(rules: str | dict[str, Any], old: dict[str, Any], new: dict[str, Any], at: str = "name") -> Any:
    """What the rule at a field of the spec says of an edit."""
    rule = rules if isinstance(rules, dict) else {"rule": rules}
    fields = {
        **SPEC["properties"],
        "keyed": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer"}}},
        },
    }
    if at == "keyed[].v":
        entry = fields["keyed"]["items"]["properties"]
        entry["v"] = entry["v"] | {"x-kubernetes-validations": [rule]}
    elif at == "list[].a":
        entry = {"a": {"type": "integer", "x-kubernetes-validations": [rule]}}
        fields["list"] = {"type": "array", "items": {"type": "object", "properties": entry}}
    elif at == "map":
        fields["map"] = {
            "type": "object",
            "additionalProperties": {"type": "string", "x-kubernetes-validations": [rule]},
        }
    else:
        fields[at] = fields[at] | {"x-kubernetes-validations": [rule]}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    return transition(schema, {"kind": "X", "spec": old}, {"kind": "X", "spec": new})


@pytest.mark.parametrize(
    ("rule", "old", "new", "at", "broken"),
    [
        ("self == oldSelf", {"name": "a"}, {"name": "b"}, "name", [("spec", "name")]),
        ("self == oldSelf", {"name": "a"}, {"name": "a", "size": 1}, "name", []),
        ("self == oldSelf", {}, {"name": "b"}, "name", []),
        ("self == oldSelf", {"name": None}, {"name": "b"}, "name", []),
        ("self >= oldSelf", {"size": 3}, {"size": 2}, "size", [("spec", "size")]),
        ("self >= oldSelf", {"size": 3}, {"size": 4}, "size", []),
        ("oldSelf == 'yes' && self != 'no'", {}, {"given": "no"}, "given", [("spec", "given")]),
        ("self == oldSelf", {"keyed": [{"k": "a", "v": 1}, {"k": "b", "v": 2}]},
         {"keyed": [{"k": "b", "v": 2}, {"k": "a", "v": 7}]}, "keyed[].v", [("spec", "keyed", 1, "v")]),
        ("self == oldSelf", {"keyed": [{"k": "a", "v": 1}]}, {"keyed": [{"k": "c", "v": 7}]}, "keyed[].v", []),
        ("self == oldSelf", {"list": [{"a": 1}]}, {"list": [{"a": 2}]}, "list[].a", []),
        ("self == oldSelf", {"map": {"x": "1", "y": "1"}}, {"map": {"x": "2", "z": "1"}},
         "map", [("spec", "map", "x")]),
        ({"rule": "oldSelf.hasValue() && oldSelf.value() == self", "optionalOldSelf": True},
         {}, {"name": "b"}, "name", [("spec", "name")]),
        ({"rule": "!oldSelf.hasValue() || oldSelf.value() == self", "optionalOldSelf": True},
         {}, {"name": "b"}, "name", []),
        ({"rule": "oldSelf.orValue('b') == self", "optionalOldSelf": True}, {}, {"name": "b"}, "name", []),
        ("self == 'x'", {"name": "a"}, {"name": "b"}, "name", []),
        ("self != notoldSelf", {"name": "a"}, {"name": "b"}, "name", []),
    ],
)  # fmt: skip
def test_rule_about_a_change(rule: Any, old: Any, new: Any, at: str, broken: list[Any]) -> None:
    found = changed(rule, old, new, at)
    assert [violation.path for violation in found.broken] == broken
    assert found.unchecked == ()


def test_rule_about_a_change_that_cannot_be_judged_is_unchecked() -> None:
    found = changed("oldSelf.strange(self)", {"name": "a"}, {"name": "b"})
    assert (found.broken, found.unchecked) == ((), ("oldSelf.strange(self)",))


MANY = [{"a": n} for n in range(300)]
LOOPS = "self.list{0}.all{0}(a, self.list{0}.all{0}(b, self.list{0}.all{0}(c, self.list{0}.all{0}(d, a.a + d.a > 0))))"


@pytest.mark.parametrize(
    "rule",
    [
        LOOPS.format(""),
        LOOPS.format(" "),
        LOOPS.format("//\n"),
        f"{list(range(300))}.all(a, {list(range(300))}.all(b, {list(range(300))}.all(c, a+b+c >= 0)))",
        "+".join(["1"] * 60_000) + " == 1",
        "(" * 60_000 + "1" + ")" * 60_000 + " == 1",
        "self" + ".a" * 60_000 + " == 1",
        "[self.name]" + ".map(x, x+x+x+x+x+x+x+x+x+x)" * 9 + " == ['']",
        "self.name" + ".replace('a', self.name)" * 9 + " == ''",
        "[1, 2, 3].map(x, self.name).join(self.name) == ''",
    ],
    ids=range(10),
)
def test_a_rule_that_would_take_all_time_or_memory_is_not_evaluated(rule: str) -> None:
    found = judged(rule, list=MANY, name="a" * 50_000)
    assert found.unchecked == (rule,)
    assert not found.broken


def test_two_loops_in_each_other_over_a_long_list_are_evaluated() -> None:
    unique = "self.list.all(one, self.list.exists_one(other, one.a == other.a))"
    assert judged(unique, list=MANY[:150]) == judged("true")
    assert judged(unique, list=[*MANY[:100], {"a": 1}]).broken
