"""What came and went since the comment before, as it is kept in the comment."""

import pytest

from pipeline.core.review.finding_history import SinceThen, remembered, since

A, B, C = (letter * 12 for letter in "abc")


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ([], [], ""),
        ([A], [A], ""),
        ([A], [B, C], "2 new, 1 solved since the last push"),
        ([A, B], [A], "1 solved since the last push"),
        ([], [A], "1 new since the last push"),
    ],
)
def test_what_came_and_went_is_counted(before: list[str], now: list[str], found: str) -> None:
    earlier = f"text {remembered(before, SinceThen())}"
    then = since(earlier, now)
    assert str(then) == found
    assert since(remembered(now, then), now) == then  # a second run of the same push says the same


@pytest.mark.parametrize("text", ["", "<!-- pipeline:findings v1 x 1 2 -->", "<!-- pipeline:findings v1  1 2", "\0"])
def test_what_is_no_list_says_nothing(text: str) -> None:
    assert since(text, [A]) == SinceThen()


def test_too_many_are_not_kept() -> None:
    assert remembered([f"{n:012x}"[::-1] for n in range(1_001)], SinceThen()) == ""
