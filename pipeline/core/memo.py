"""Caches answers that many rules need about one upgrade: computed once, kept while the upgrade is judged."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Asked = TypeVar("Asked")
Returned = TypeVar("Returned")
_KEPT = 8


def once(function: Callable[[Asked], Returned]) -> Callable[[Asked], Returned]:
    """Remember the answers for the last few arguments, told apart by identity: hashing a render would cost more."""
    kept: OrderedDict[int, tuple[Asked, Returned]] = OrderedDict()

    @wraps(function)
    def remembering(asked: Asked) -> Returned:
        entry = kept.get(id(asked))
        if entry is not None and entry[0] is asked:
            return entry[1]
        answer = function(asked)
        kept[id(asked)] = (asked, answer)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
        return answer

    return remembering
