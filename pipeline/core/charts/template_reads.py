"""Which values a chart's templates read: exact paths, maps passed on as a whole, and what is read below them.

The text is searched; no template is executed. What cannot be decided that way counts as read: a value is reported as
unused only if nothing can read it. https://pkg.go.dev/text/template, https://masterminds.github.io/sprig/
"""

import re
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.core.charts.template_text import FAR, actions, bodies, calls, defines, ends

ValuesPath = tuple[str, ...]

# `.Values.a.b`, `$.Values.a.b`, `.root.Values.a`; a bare `.Values` has no steps.
_REFERENCE = re.compile(r"\.Values((?:\.[A-Za-z_][\w-]*)*)(?![\w-])")
# `index .Values.a "b-c" "d"` and `get`, `hasKey`; `.Values.a | dig "b" "c"` names its steps as words.
_INDEX = re.compile(
    r"\b(?:index|get|hasKey)\s+\(?\s*[\w.$]*\.Values((?:\.[A-Za-z_][\w-]*)*)\s*\)?((?:\s+[\"`][^\"`]+[\"`])+)"
)
_QUOTED = re.compile(r"[\"`]([^\"`]+)[\"`]")
_FIELD = re.compile(r"\.([A-Za-z_][\w-]*)")
_QUOTED_WORD = re.compile(r"[\"`]([^\"`\s]+)[\"`]")
# Functions that take a map as it is, whatever its keys are called.
_WHOLE = re.compile(
    r"\b(toYaml|toYamlPretty|toJson|toPrettyJson|toRawJson|toToml|tpl|range|keys|values|merge|mergeOverwrite|mustMerge"
    r"|mustMergeOverwrite|deepCopy|mustDeepCopy|mustToJson|omit|pick|pluck|concat|toString|printf|quote|squote|set)\b"
)
# The same of what a named template is given: `toYaml .`, `.value | toYaml`, `range .`.
_HANDED_ON = re.compile(
    r"\b(?:toYaml|toJson|toToml|tpl|range|merge|mergeOverwrite|omit)\b[^|]{0,200}?[\s(]\.(?:value\w*)?(?=$|[\s)|])"
    r"|(?:^|[\s(])\.(?:value\w*)?\s*\|\s*(?:toYaml|toJson|toToml)\b"
)
_BLOCK = re.compile(r"^-?\s*(?:else\s+)?with\b")
_DOT = re.compile(r"(?:^|[\s(|])(?:\.|\$)(?=$|[\s)|])")
_ASSIGNED = re.compile(r"(\$[A-Za-z_]\w*)\s*:?=")


@dataclass(frozen=True, slots=True)
class References:
    """``paths`` are what templates name exactly, ``whole`` those of them that are taken with everything below.

    ``words`` is every field and every quoted text in the actions of the templates.
    """

    paths: frozenset[ValuesPath]
    words: frozenset[str]
    whole: frozenset[ValuesPath] = frozenset()

    def reads(self, path: ValuesPath) -> bool:
        """Whether a template names the path, something below it, or a map above it whose keys it may go through."""
        if any(known[: len(path)] == path for known in self.paths if len(known) >= len(path)):
            return True
        above = [path[:length] for length in range(len(path)) if path[:length] in self.paths]
        if any(prefix in self.whole for prefix in above):
            return True
        return any(self.words.issuperset(path[len(prefix) :]) for prefix in above)


@dataclass(frozen=True, slots=True)
class _File:
    """What one text reads. ``called`` pairs paths with the named templates that get them, ``generous`` is as below."""

    paths: frozenset[ValuesPath]
    whole: frozenset[ValuesPath]
    words: frozenset[str]
    called: tuple[tuple[frozenset[ValuesPath], frozenset[str]], ...]
    generous: frozenset[str]


def references(texts: Iterable[str], more: Iterable[ValuesPath] = ()) -> References:
    """What ``texts`` read, and ``more`` paths that are read without a template (conditions of dependencies)."""
    files = [_file(text) for text in texts]
    generous = {name for file in files for name in file.generous}
    given = [paths for file in files for paths, names in file.called if not generous.isdisjoint(names)]
    return References(
        frozenset(more).union(*(file.paths for file in files)),
        frozenset[str]().union(*(file.words for file in files)),
        frozenset[ValuesPath]().union(*(file.whole for file in files), *given),
    )


@lru_cache(maxsize=4096)
def _file(text: str) -> _File:
    all_actions = actions(text)
    handed = _Whole(all_actions)
    joined = "\n".join(all_actions)
    words = {*_FIELD.findall(joined), *_QUOTED_WORD.findall(joined)}
    paths, whole = set[ValuesPath](), set[ValuesPath]()
    called = []
    for number, action in enumerate(all_actions):
        if ".Values" not in action:
            continue
        paths_here = _named(action)
        paths |= paths_here
        names = calls(action)
        if handed.passed_on(number):
            whole |= paths_here
        elif names:
            called.append((frozenset(paths_here), names))
    generous = (name for name, body in bodies(text).items() if any(map(_HANDED_ON.search, body)))
    return _File(frozenset(paths), frozenset(whole), frozenset(words), tuple(called), frozenset(generous))


def _named(action: str) -> set[ValuesPath]:
    paths = {_steps(dotted) for dotted in _REFERENCE.findall(action)}
    indexed = _INDEX.findall(action)
    paths -= {_steps(dotted) for dotted, _ in indexed}  # `index .Values "a"` reads a, not all that .Values holds
    return paths | {(*_steps(dotted), *_QUOTED.findall(keys)) for dotted, keys in indexed}


def _steps(dotted: str) -> ValuesPath:
    return tuple(filter(None, dotted.split(".")))


def reached(texts: Iterable[str], libraries: Iterable[str]) -> list[str]:
    """``texts``, and those of ``libraries`` whose named templates they call, directly or not.

    Named templates are global in Helm, and read the values of whoever calls them.
    """
    texts_reached, left = list(texts), list(libraries)
    called = {name for text in texts_reached for name in calls(text)}
    grown = bool(called) and bool(left)
    while grown:
        grown = False
        for text in list(left):
            if not called.isdisjoint(defines(text)):
                left.remove(text)
                texts_reached.append(text)
                called |= calls(text)
                grown = True
    return texts_reached


class _Whole:
    """Which actions of a text hand on all that they name: by themselves, by a block or by a variable that they open."""

    def __init__(self, all_actions: tuple[str, ...]) -> None:
        self._all, self._ends = all_actions, ends(all_actions)
        self._at = [n for n, action in enumerate(all_actions) if _WHOLE.search(action)]
        self._of_dot = [n for n in self._at if _DOT.search(all_actions[n])]

    def passed_on(self, number: int) -> bool:
        action = self._all[number]
        if _WHOLE.search(action):
            return True
        variable = _ASSIGNED.search(action)
        if variable:
            start = bisect(self._at, number)
            if any(variable[1] in self._all[n] for n in self._at[start : start + FAR]):
                return True
        if not _BLOCK.match(action):
            return False
        first = bisect(self._of_dot, number)
        return first < len(self._of_dot) and self._of_dot[first] < self._ends.get(number, len(self._all))
