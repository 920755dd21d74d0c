"""What an answer was made of beyond what was asked about: which kinds of the other releases' objects were looked at.

An answer that is kept between runs holds as long as these are the same.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple


class KindRead(NamedTuple):
    """The objects of one kind on one side (``before``, ``after``), or what is said of all kinds."""

    side: str
    kind: str


EVERYTHING = "*"
"""In place of a kind: all objects of all kinds."""
KINDS = "?"
"""In place of a kind: which kinds there are."""

_seen: ContextVar[set[KindRead] | None] = ContextVar("reads", default=None)


class Reads:
    """What is read while it is entered, also by what is remembered. Whoever is around it has read the same."""

    def __init__(self) -> None:
        self.seen: set[KindRead] = set()

    def __enter__(self) -> set[KindRead]:
        self._token = _seen.set(self.seen)
        return self.seen

    def __exit__(self, *_: object) -> None:
        _seen.reset(self._token)
        read(self.seen)


def read(reads: Iterable[KindRead]) -> None:
    """Somebody looks at these."""
    seen = _seen.get()
    if seen is not None:
        seen.update(reads)
