"""Which part of two lines differs: what both begin and end with is left out, to whole words."""

import re

_WORD = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)


def differing(old: str, new: str) -> tuple[slice, slice]:
    """The parts of ``old`` and ``new`` that are not in the other. In time that grows with their length alone."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    tail = next((n for n in range(most - head) if before[-1 - n] != after[-1 - n]), most - head)
    start, end = sum(map(len, before[:head])), sum(map(len, before[len(before) - tail :]))
    return slice(start, len(old) - end), slice(start, len(new) - end)


_HEAD = 24
_CONTEXT = 10


def windowed(old: str, new: str, room: int) -> tuple[str, str]:
    """Both lines in at most ``room`` characters: what is left out is where they are alike, the part that differs last.

    Both keep their beginning, which is a key or an indentation, and the ellipsis is at the same place in both.
    """
    if max(len(old), len(new)) <= room:
        return old, new
    start = differing(old, new)[0].start - _CONTEXT
    if start > _HEAD + 1:
        old, new = (f"{text[:_HEAD]}…{text[start:]}" for text in (old, new))
    return _ended(old, room), _ended(new, room)


def _ended(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
