"""The last safeguard: removes every secret known to this run from everything that it prints or keeps.

Reports and plans are masked where they are made. What is printed or kept in another way passes here as well, at the one
place where it leaves (cli/support/output.py), so that a verb that forgets to mask still shows nothing.

The masks of a run are the one state that core keeps in a module. Each mask registers itself: if they were handed
through the flows instead, the mask that somebody forgets to hand on would be the one whose values are printed.
"""

from typing import Protocol


class Masking(Protocol):
    def text(self, text: str) -> str: ...


_masks: list[Masking] | None = None


def begin() -> None:
    """A run begins: from now on every mask is remembered, and what earlier runs of this process knew is forgotten."""
    global _masks  # noqa: PLW0603 - one run of one process has one output
    _masks = []


def end() -> None:
    global _masks  # noqa: PLW0603 - as above
    _masks = None


def remember(mask: Masking) -> None:
    """Outside of a run (a library's call, a test) nothing is remembered."""
    if _masks is not None:
        _masks.append(mask)


def hide(text: str) -> str:
    """``text`` with every value replaced that any mask of this run knows."""
    for mask in _masks or ():
        text = mask.text(text)
    return text
