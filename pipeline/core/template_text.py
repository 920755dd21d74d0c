"""The text of Helm templates, taken apart as far as regular expressions go: actions, named templates, calls."""

import re
from functools import lru_cache

_ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Each starts with a word of its own, which is ten times as fast as an alternative.
_INCLUDE = re.compile(r"include\s+[\"`]([^\"`]+)[\"`]")
_TEMPLATE = re.compile(r"template\s+[\"`]([^\"`]+)[\"`]")
_DEFINE = re.compile(r"define\s+[\"`]([^\"`]+)[\"`]")
_OPENS = re.compile(r"^-?\s*(?:with|if|range|block|define)\b")


@lru_cache(maxsize=4096)  # two versions of a chart share most of their texts word for word
def actions(text: str) -> tuple[str, ...]:
    """What stands between the braces, in order, without comments."""
    return tuple(_COMMENT.sub("", one) if "/*" in one else one for one in _ACTION.findall(text))


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
    found = actions(text)
    return {name: inside(found, n) for n, action in enumerate(found) for name in _DEFINE.findall(action)}


def inside(several: tuple[str, ...], number: int) -> tuple[str, ...]:
    """The actions of the block that the action opens, up to its end."""
    depth = 1
    for end in range(number + 1, len(several)):
        depth += 1 if _OPENS.match(several[end]) else -1 if several[end].strip("- \t\n") == "end" else 0
        if not depth:
            return several[number + 1 : end]
    return several[number + 1 :]
