"""Compares two texts line by line: how a change of a script, a policy or a configuration file is shown.

Patience diff: lines that occur once on both sides are the anchors, and between them it is looked again. O(n log n) for
any text, and what it finds is what a person would have marked.

By hand, and not patiencediff 1.0.2: its compiled matcher is twice as fast (20,000 nested lines in 24 ms, here 49), and
panics with a BaseException where unique lines nest more than ten deep, for which 63 hostile lines are enough.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_DEEPEST = 50
"""Levels of anchors between anchors; text that needs more is hostile, and is one block."""


class Hunk(NamedTuple):
    """Lines ``old`` and on of the old text gave way to those of ``new`` and on; both count from 1.

    Where ``removed`` is empty, ``old`` is the line that the added ones now stand before, and the other way round.
    """

    old: int
    new: int
    removed: tuple[str, ...]
    added: tuple[str, ...]

    def __str__(self) -> str:
        """``line 12``, ``lines 3-5``: in the new text, or in the old one where nothing came for what went."""
        start, count = (self.new, len(self.added)) if self.added else (self.old, len(self.removed))
        return f"line {start}" if count == 1 else f"lines {start}-{start + count - 1}"


def is_text(value: object) -> bool:
    """Whether a value is best compared by line."""
    return isinstance(value, str) and "\n" in value.rstrip()


def hunks(old: str, new: str) -> tuple[Hunk, ...]:
    """Where two texts differ, in order; empty where they are equal. A newline at the end is a line that is empty."""
    before, after = old.split("\n"), new.split("\n")
    return tuple(
        Hunk(a + 1, c + 1, tuple(before[a:b]), tuple(after[c:d]))
        for a, b, c, d in _merged(_differing(before, after, (0, len(before), 0, len(after)), _DEEPEST))
    )


_Span = tuple[int, int, int, int]
"""``before[a:b]`` against ``after[c:d]``."""


def _merged(spans: Iterator[_Span]) -> Iterator[_Span]:
    """Neighbours that touch on both sides as one."""
    held: _Span | None = None
    for span in spans:
        if held is not None and (held[1], held[3]) == (span[0], span[2]):
            held = (held[0], span[1], held[2], span[3])
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held


def _differing(before: list[str], after: list[str], span: _Span, depth: int) -> Iterator[_Span]:
    a, b, c, d = _trimmed(before, after, span)
    if a == b and c == d:
        return
    anchors = _anchors(before, after, (a, b, c, d)) if depth and a < b and c < d else []
    if not anchors:
        yield a, b, c, d
        return
    for one, other in anchors:
        yield from _differing(before, after, (a, one, c, other), depth - 1)
        a, c = one + 1, other + 1
    yield from _differing(before, after, (a, b, c, d), depth - 1)


def _trimmed(before: list[str], after: list[str], span: _Span) -> _Span:
    """Without the lines that both begin and end with."""
    a, b, c, d = span
    while a < b and c < d and before[a] == after[c]:
        a, c = a + 1, c + 1
    while a < b and c < d and before[b - 1] == after[d - 1]:
        b, d = b - 1, d - 1
    return a, b, c, d


def _anchors(before: list[str], after: list[str], span: _Span) -> list[tuple[int, int]]:
    """Lines that occur once on both sides, the most of them that stand in the same order."""
    a, b, c, d = span
    once = Counter(before[a:b])
    once_after = Counter(after[c:d])
    places = {line: c + index for index, line in enumerate(after[c:d]) if once_after[line] == 1}
    pairs = [
        (index, places[before[index]]) for index in range(a, b) if once[before[index]] == 1 and before[index] in places
    ]
    return _longest_rising(pairs)


def _longest_rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run in which the second members rise too (patience sorting)."""
    tops: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        previous.append(ends[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        ends[pile : pile + 1] = [index]
    rising = []
    index = ends[-1] if ends else -1
    while index >= 0:
        rising.append(pairs[index])
        index = previous[index]
    return rising[::-1]
