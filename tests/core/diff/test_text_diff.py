"""The line diff is right: it turns the old text into the new one, and says the least about ordinary edits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.diff.text_diff import Hunk, hunks

TEXTS = st.lists(st.sampled_from(["", "a", "b", "c", "}", "  d"]), max_size=14).map("\n".join)


def patched(old: str, found: tuple[Hunk, ...]) -> str:
    lines = old.split("\n")
    for hunk in reversed(found):
        start = hunk.old - 1
        assert lines[start : start + len(hunk.removed)] == list(hunk.removed)
        lines[start : start + len(hunk.removed)] = hunk.added
    return "\n".join(lines)


@pytest.mark.slow
@settings(max_examples=500, deadline=None, derandomize=True)
@given(TEXTS, TEXTS)
def test_the_hunks_make_the_new_text_of_the_old_one(old: str, new: str) -> None:
    found = hunks(old, new)
    assert patched(old, found) == new
    for hunk in found:
        start = hunk.new - 1
        assert new.split("\n")[start : start + len(hunk.added)] == list(hunk.added)
    assert bool(found) == (old != new)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("a\nb\nc", "a\nx\nc", [Hunk(2, 2, ("b",), ("x",))]),
        ("a\nb\nc", "a\nc", [Hunk(2, 2, ("b",), ())]),
        ("a\nc", "a\nb\nc", [Hunk(2, 2, (), ("b",))]),
        ("a\n", "a", [Hunk(2, 2, ("",), ())]),
        (
            "f {\n}\n\ng {\n}\n",
            "f {\n}\n\nh {\n  x\n}\n\ng {\n  y\n}\n",
            [Hunk(4, 4, (), ("h {", "  x", "}", "")), Hunk(5, 9, (), ("  y",))],
        ),
    ],
)
def test_an_edit_is_what_a_person_would_mark(old: str, new: str, found: list[Hunk]) -> None:
    assert list(hunks(old, new)) == found


def test_hostile_texts_end() -> None:
    many = "\n".join("ab"[n % 2] for n in range(50_000))
    assert patched(many, hunks(many, many[::-1])) == many[::-1]
    steps = "\n".join(map(str, range(20_000)))
    turned = "\n".join(map(str, range(20_000, 0, -1)))
    assert patched(steps, hunks(steps, turned)) == turned


@pytest.mark.slow
@pytest.mark.parametrize("depth", [11, 100, 2_000])
def test_unique_lines_that_nest_deeply_are_compared_all_the_same(depth: int) -> None:
    lines = ["u0", *(name for n in range(1, depth) for name in (f"u{n}", f"u{n - 1}"))]
    old, new = ("\n".join(text for line in lines for text in (line, end, end)) for end in ("a", "b"))
    found = hunks(old, new)
    assert sum(len(hunk.removed) for hunk in found) >= 2 * len(lines)
