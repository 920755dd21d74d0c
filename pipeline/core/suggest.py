"""What was probably meant: the end of a message about a name that does not exist."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'releases'?``, or what there is where nothing comes near; empty where there is nothing."""
    names = sorted(known)
    same = [name for name in names if name.lower() == word.lower()]
    near = same or difflib.get_close_matches(word, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; one of {', '.join(names)}" if names else ""
