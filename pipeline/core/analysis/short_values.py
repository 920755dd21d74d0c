"""Shortens values to one line of text; of two different values, shows the part that differs."""

from itertools import starmap
from typing import Any

import orjson

from pipeline.core.words import counted

LONGEST = 48
"""Characters of one value. A title names three changes: it stays readable in a terminal and in a comment's summary."""
_START = 20
_CONTEXT = 10
_WORDS = {True: "true", False: "false", None: "null"}


def brief(value: Any, longest: int = LONGEST) -> str:
    """A value in few words: text cut at its end, a map by its name, a list of maps by their names or its length."""
    return _cut(_text(value), longest)


def brief_pair(old: Any, new: Any, longest: int = LONGEST) -> tuple[str, str]:
    """Two values in few words. Long ones are cut where they are alike, not where they begin to differ."""
    before, after = _text(old), _text(new)
    if before == after and type(old) is type(new) and old != new:  # of the same name or length, or blanks differ
        before, after = (orjson.dumps(side).decode() for side in (old, new))
    return shortened(before, after, longest)


def shortened(before: str, after: str, longest: int) -> tuple[str, str]:
    """Both texts in at most ``longest`` characters, with the place at which they begin to differ in both."""
    head, context = min(_START, longest * 5 // 12), min(_CONTEXT, longest // 6)
    start = _word(before, _shared(before, after) - context, context)
    if max(len(before), len(after)) <= longest or start <= head:
        return _cut(before, longest), _cut(after, longest)
    room = longest - head - 1
    return f"{before[:head]}…{_cut(before[start:], room)}", f"…{_cut(after[start:], room)}"


def between(old: Any, new: Any, longest: int = LONGEST) -> str:
    """``1 -> 2``; quotes tell apart what differs in its type alone: ``1 -> "1"``."""
    before, after = brief_pair(old, new, longest)
    if before == after:
        before, after = (f'"{text}"' if isinstance(side, str) else text for side, text in ((old, before), (new, after)))
    return f"{before} -> {after}"


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((index for index, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one))


def _word(text: str, position: int, near: int) -> int:
    """Where the word around ``position`` begins, if that is ``near``."""
    begin = max(text.rfind(mark, 0, max(position, 0)) for mark in "/=,; ") + 1
    return begin if position - begin <= near else position


def _cut(text: str, longest: int = LONGEST) -> str:
    """With its closing bracket, however much is left out."""
    if len(text) <= longest:
        return text
    return f"{text[: longest - 2]}…{text[-1]}" if text[0] + text[-1] in ("[]", "{}") else f"{text[: longest - 1]}…"


def _pair(key: str, value: Any) -> str:
    return key if isinstance(value, dict | list) else f"{key}: {_text(value)}"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        name = value.get("name")
        return f"({name})" if isinstance(name, str) else f"{{{', '.join(starmap(_pair, value.items()))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_entry, value)) if all(map(_entry, value)) else counted(len(value), 'entry')}]"
    plain = _WORDS.get(value, value) if value is None or isinstance(value, bool) else value
    return " ".join(str(plain).split()) or '""'


def _entry(item: Any) -> str:
    """What names an entry of a list; empty where nothing does."""
    if isinstance(item, dict):
        name = item.get("name")
        return name if isinstance(name, str) else ""
    return _text(item) if isinstance(item, str | int | float) else ""
