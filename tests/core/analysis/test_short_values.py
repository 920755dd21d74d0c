import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.analysis.short_values import LONGEST, between, brief, brief_pair, shortened


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("web", "web"),
        ("", '""'),
        ("two\n  lines", "two lines"),
        (True, "true"),
        (1, "1"),
        (None, "null"),
        (["a", 1], "[a, 1]"),
        ([{}, {}], "[2 entries]"),
        ([{"name": "a"}, {"name": "b"}], "[a, b]"),
        ({"name": "web"}, "(web)"),
        ({"a": 1, "b": {}}, "{a: 1, b}"),
        ("x" * 60, "x" * (LONGEST - 1) + "…"),
    ],
)
def test_a_value_is_said_on_one_short_line(value: object, text: str) -> None:
    assert brief(value) == text


def test_two_long_values_are_cut_where_they_are_alike() -> None:
    flag = "--config-reloader-image=registry.example.org/tools/reloader:"
    old, new = brief_pair(f"{flag}v0.81.0", f"{flag}v0.85.0")
    assert old == "--config-reloader-im…reloader:v0.81.0"
    assert new == "…reloader:v0.85.0"


def test_two_short_values_stay_as_they_are() -> None:
    assert brief_pair(1, "1") == ("1", "1")


@given(st.text("ab/ ", max_size=90), st.text("ab", min_size=1, max_size=9), st.text("ab", min_size=1, max_size=9))
def test_what_begins_to_differ_is_always_seen(same: str, old: str, new: str) -> None:
    before, after = brief_pair(f"{same}x{old}c{same}", f"{same}y{new}d{same}")
    assert before != after
    assert "x" in before
    assert "y" in after


SAME, SIDE = st.text("ab/=,; ", max_size=200), st.text("abc/", max_size=60)


@given(SAME, SIDE, SIDE, st.text("xy", max_size=120), st.sampled_from([24, 48, 120]))
def test_the_part_that_differs_is_always_shown(start: str, one: str, other: str, end: str, longest: int) -> None:
    before, after = start + one + end, start + other + end
    old, new = shortened(before, after, longest)
    assert max(len(old), len(new)) <= longest
    if before != after:
        first = next((n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), None)
        if first is not None:
            context = before[max(first - 2, 0) : first]
            assert f"{context}{before[first]}" in old
            assert f"{context}{after[first]}" in new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"name": "web", "port": 1}, {"name": "web", "port": 2}),
        ([{}, {"a": 1}], [{}, {"a": 2}]),
        ("a  b", "a b"),
        (f"r.example.org/tools/{'reloader' * 5}:v0.81.0", f"r.example.org/tools/{'reloader' * 5}:v0.82.0"),
        (1, "1"),
        ("x" * 300 + "a", "x" * 300 + "b"),
    ],
)
def test_what_differs_never_reads_alike(old: object, new: object) -> None:
    before, _, after = between(old, new).partition(" -> ")
    assert before.rpartition("…")[2] != after.rpartition("…")[2]
