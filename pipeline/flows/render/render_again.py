"""Renders again everything that may contain random values, in one go: for ``render`` and ``diff`` of charts."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from pipeline.core.render.random_functions import A_SECOND, needs_a_pause

T = TypeVar("T")


def second_renders(
    functions: Sequence[frozenset[str]], pause: Callable[[float], object], render: Callable[[list[int]], Iterable[T]]
) -> list[T | None]:
    """The second render of each number that has random ``functions``; None for the others.

    Where one of the functions reads the clock, a second is waited first, so that it shows.
    """
    if any(map(needs_a_pause, functions)):
        pause(A_SECOND)
    doubted = [number for number, used in enumerate(functions) if used]
    again = dict(zip(doubted, render(doubted), strict=True)) if doubted else {}
    return [again.get(number) for number in range(len(functions))]
