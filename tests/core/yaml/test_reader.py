"""YAML is read as Kubernetes reads it: 248 cases with the answers of Helm's own fromYaml."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.yaml.reader import DEEPEST, DuplicateKey, YamlError, load, load_all

CASES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "data/yaml_cases.json").read_text())
# libyaml takes what go-yaml refuses; a chart that Helm renders cannot hold either.
LENIENT = {"q_slash", "directive12"}
# Helm's answer passed through a float; Kubernetes itself keeps the integer.
EXACT = {"num_i64max": 2**63 - 1, "num_u64max": 2**64 - 1, "num_i64maxp1": 2**63, "num_neg64": -(2**63)}


def same(one: Any, other: Any) -> bool:
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True) or (
        type(one) is not bool and type(other) is not bool and isinstance(one, int | float) and one == other
    )


def deep_same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(deep_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(deep_same, one, other))
    return same(one, other)


@pytest.mark.parametrize("name", sorted(CASES))
def test_reads_as_kubernetes_does(name: str) -> None:
    text, expected = CASES[name]
    if name in EXACT:
        assert load(text) == {"v": EXACT[name]}
    elif expected is None and name not in LENIENT:
        with pytest.raises(YamlError):
            load(text)
    elif expected is not None:
        assert deep_same(load(text) or {}, expected)


def test_duplicate_keys_are_reported_with_their_line() -> None:
    found: list[DuplicateKey] = []
    assert load_all("a: 1\nb: 2\na: 3\n", found) == [{"a": 3, "b": 2}]
    assert found == [DuplicateKey("a", 3)]


def test_an_error_has_its_place() -> None:
    with pytest.raises(YamlError) as caught:
        load("a: 1\nb: [1\n")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\n"
        + "".join(f"k{n}: &k{n} [{', '.join(['*k' + str(n - 1) if n else '*a'] * 10)}]\n" for n in range(9)),
        "a: &a [*a]\n",
    ],
    ids=["bomb", "cycle"],
)
def test_aliases_cannot_explode(text: str) -> None:
    with pytest.raises(YamlError, match=r"alias|contains itself"):
        load(text)


LEVELS = "[" * DEEPEST + "]" * DEEPEST
HALF = DEEPEST // 2
HALVES = f"- &a {'[' * HALF}{']' * HALF}\n"


@pytest.mark.parametrize(
    "text", [LEVELS, HALVES + f"- {'[' * (HALF - 1)}*a{']' * (HALF - 1)}", "- &a [x]\n" + "- *a\n" * 500]
)
def test_so_many_levels_are_read(text: str) -> None:
    assert load(text)


@pytest.mark.parametrize(
    "text",
    [
        f"[{LEVELS}]",
        f"a: {LEVELS}",
        HALVES + f"- {'[' * HALF}*a{']' * HALF}",
        "- &a0 [x]\n" + "".join(f"- &a{n} [*a{n - 1}]\n" for n in range(1, DEEPEST)),
        f"a: &a {LEVELS[1:-1]}\nb: {{<<: {{c: *a}}}}",
    ],
    ids=["list", "map", "alias", "chain of anchors", "merge"],
)
def test_more_levels_are_refused_however_they_are_written(text: str) -> None:
    with pytest.raises(YamlError, match="nested too deep"):
        load(text)


@pytest.mark.parametrize("digits", [300, 4300, 4301, 50_000])
def test_a_number_of_any_length_is_read_as_go_reads_it(digits: int) -> None:
    number = load(f"v: {'9' * digits}")["v"]
    assert number == (1e300 if digits == 300 else "9" * digits)  # beyond a float's range it stays text


@pytest.mark.parametrize("key", ["[canary-7f3a]", "{canary-7f3a: 1}", "[[canary-7f3a]]", "{a: [canary-7f3a]}"])
def test_a_key_that_is_no_text_is_not_quoted(key: str) -> None:
    """Values of ours are read before anybody knows which of them are secret."""
    with pytest.raises(YamlError, match=r"a key of a map is a (list|map), not text") as caught:
        load(f"? {key}\n: 1\n")
    assert "canary" not in str(caught.value)
