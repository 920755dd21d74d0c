"""Caches answers that many rules need about one upgrade: computed once, kept while the upgrade is judged."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from pipeline.core.reads import KindRead, Reads, read

Asked = TypeVar("Asked")
Returned = TypeVar("Returned")
_KEPT, _MANY = 8, 16_384


def once(function: Callable[[Asked], Returned]) -> Callable[[Asked], Returned]:
    """Remember the answers for the last few arguments, told apart by identity: hashing a render would cost more."""
    return _remembered(function, _KEPT)


def once_each(function: Callable[[Asked], Returned]) -> Callable[[Asked], Returned]:
    """The same for arguments of which a run holds thousands, such as objects that every release is judged beside."""
    return _remembered(function, _MANY)


def _remembered(function: Callable[[Asked], Returned], most: int) -> Callable[[Asked], Returned]:
    kept: OrderedDict[int, tuple[Asked, Returned, set[KindRead]]] = OrderedDict()

    @wraps(function)
    def remembering(asked: Asked) -> Returned:
        entry = kept.get(id(asked))
        if entry is not None and entry[0] is asked:
            if entry[2]:
                read(entry[2])  # an answer that is remembered was made of the same
            return entry[1]
        with Reads() as seen:
            answer = function(asked)
        kept[id(asked)] = (asked, answer, seen)
        while len(kept) > most:
            kept.popitem(last=False)
        return answer

    return remembering
