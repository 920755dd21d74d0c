"""Finds secrets inside encoded text: base64 within base64, compressed or not, as deep as people nest it."""

from collections.abc import Callable, Iterator

from pipeline.core.kube.packed_text import unpacked

_DEEPEST = 4


def packed(text: str, gives_away: Callable[[str], int], depth: int = 0) -> Iterator[tuple[int, int, int]]:
    """``(start, end, number)`` of each token in ``text`` within which ``gives_away`` finds that value (0: none)."""
    for start, end, inside in unpacked(text):
        number = gives_away(inside)
        if not number and depth < _DEEPEST:
            number = next((deeper for _, _, deeper in packed(inside, gives_away, depth + 1)), 0)
        if number:
            yield start, end, number
