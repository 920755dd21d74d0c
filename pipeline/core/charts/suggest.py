"""Suggests what was probably meant, at the end of a message about a name that does not exist."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], *, ranked: bool = False) -> str:
    """``; did you mean 'releases'?``, or every known name if none is similar; empty if there are none.

    Names that are ``ranked`` keep their order, as severities do; others are sorted.
    """
    names = list(known) if ranked else sorted(known)
    near = nearest(word, names)
    if near:
        return f"; did you mean {near!r}?"
    return f"; one of {', '.join(names)}" if names else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known name that comes nearest to ``word``; empty where none does."""
    names = sorted(known)
    same = [name for name in names if name.lower() == word.lower()]
    return next(iter(same or difflib.get_close_matches(word, names, n=1)), "")
