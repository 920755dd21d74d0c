"""Splits the text of Helm templates, as far as regular expressions can: actions, named templates, calls."""

import re
from functools import lru_cache

FAR = 1000
"""How many actions ahead anything is looked for: a stranger's template must not cost the square of its length."""
# Each starts with a word of its own, which is ten times as fast as an alternative.
_INCLUDE = re.compile(r"include\s+[\"`]([^\"`]+)[\"`]")
_TEMPLATE = re.compile(r"template\s+[\"`]([^\"`]+)[\"`]")
_DEFINE = re.compile(r"define\s+[\"`]([^\"`]+)[\"`]")
_OPENS = re.compile(r"^-?\s*(?:with|if|range|block|define)\b")


@lru_cache(maxsize=4096)  # two versions of a chart share most of their texts word for word
def actions(text: str) -> tuple[str, ...]:
    """The text between the braces, in order, without comments. Linear for any input."""
    return tuple(_uncommented(part.partition("}}")[0]) for part in text.split("{{")[1:])


def _uncommented(action: str) -> str:
    out, at = "", 0
    while (start := action.find("/*", at)) >= 0 and (end := action.find("*/", start + 2)) >= 0:
        out, at = out + action[at:start], end + 2
    return out + action[at:]


@lru_cache(maxsize=4096)
def calls(text: str) -> frozenset[str]:
    """The named templates that a text calls by a name in the open."""
    return frozenset(_INCLUDE.findall(text) + _TEMPLATE.findall(text))


@lru_cache(maxsize=4096)
def defines(text: str) -> frozenset[str]:
    return frozenset(_DEFINE.findall(text))


@lru_cache(maxsize=4096)
def bodies(text: str) -> dict[str, tuple[str, ...]]:
    """The actions inside each named template."""
    if "define" not in text:
        return {}
    actions_of = actions(text)
    closed = ends(actions_of)
    named = ((name, n) for n, action in enumerate(actions_of) for name in _DEFINE.findall(action))
    return {name: actions_of[n + 1 : min(closed.get(n, len(actions_of)), n + 1 + FAR)] for name, n in named}


def ends(all_actions: tuple[str, ...]) -> dict[int, int]:
    """Where each block ends, by where it opens; one that is never closed is not there."""
    end_of, opened = dict[int, int](), list[int]()
    for number, action in enumerate(all_actions):
        if _OPENS.match(action):
            opened.append(number)
        elif opened and action.strip("- \t\n") == "end":
            end_of[opened.pop()] = number
    return end_of
