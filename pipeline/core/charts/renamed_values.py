"""Which of our values a newer chart has under another key, where that can be told without a guess.

Evidence, the first that speaks: a template line that only reads another key than before; the same words in another
spelling (``web.replicas``, ``webReplicas``); a whole map under another name with the same defaults in it. A key is
only moved where everything that speaks names one new key, and no other old key goes there.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pipeline.core.charts.chart import Chart
from pipeline.core.charts.known_values import ChartValues, knows, leaves, scope_of
from pipeline.core.charts.template_reads import ValuesPath

_REFERENCE = re.compile(r"\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_FEWEST_LEAVES = 2
"""Of two maps with one leaf each it says little that the leaves are equal."""


def renamed(old: Chart, new: Chart, own: Iterable[ValuesPath]) -> dict[ValuesPath, ValuesPath]:
    """By path of ours: where the new chart has it. Only paths that the old chart knew and the new one does not."""
    before, after = scope_of(old), scope_of(new)
    lost = [path for path in dict.fromkeys(own) if knows(before, path) and not knows(after, path)]
    if not lost:
        return {}
    by_template = _of_templates(old, new, before, after)
    candidates_of = {}
    for path in lost:
        for candidates in (
            _extended(path, by_template),
            _same_words(path, before, after),
            _of_maps(path, before, after),
        ):
            if candidates:
                candidates_of[path] = candidates
                break
    sure = {path: next(iter(several)) for path, several in candidates_of.items() if len(several) == 1}
    taken = list(sure.values())
    return {path: target for path, target in sure.items() if taken.count(target) == 1}


def _extended(path: ValuesPath, known: Mapping[ValuesPath, set[ValuesPath]]) -> set[ValuesPath]:
    """What is known of the path, or of a map above it that templates read as a whole."""
    for length in range(len(path), 0, -1):
        if path[:length] in known:
            return {(*target, *path[length:]) for target in known[path[:length]]}
    return set()


def _of_templates(old: Chart, new: Chart, before: ChartValues, after: ChartValues) -> dict[ValuesPath, set[ValuesPath]]:
    targets: dict[ValuesPath, set[ValuesPath]] = defaultdict(set)
    for name, text in old.files.items():
        if not name.startswith("templates/") or name not in new.files:
            continue
        there = dict(_lines(new.files[name]))
        for line, path in _lines(text):
            target = there.get(line)
            if target and path and target != path and not knows(after, path) and not knows(before, target):
                targets[path].add(target)
    return targets


def _lines(text: str) -> Iterator[tuple[str, ValuesPath]]:
    """Each line that reads one value, without its name; an empty path where such a line stands there twice."""
    path_of: dict[str, ValuesPath] = {}
    for line in text.splitlines():
        references = _REFERENCE.findall(line)
        if len(set(references)) == 1:
            bare, path = _REFERENCE.sub(".Values", line).strip(), tuple(references[0][1:].split("."))
            path_of[bare] = path if path_of.get(bare, path) == path else ()
    yield from path_of.items()


def _same_words(path: ValuesPath, before: ChartValues, after: ChartValues) -> set[ValuesPath]:
    words = _words(path)
    return {other for other, _ in leaves(after.defaults) if _words(other) == words and not knows(before, other)}


def _words(path: ValuesPath) -> list[str]:
    return [word.lower() for key in path for word in _WORD.findall(key)]


def _of_maps(path: ValuesPath, before: ChartValues, after: ChartValues) -> set[ValuesPath]:
    """The nearest map above the path that stands elsewhere, leaf by leaf with the same defaults."""
    for length in range(len(path) - 1, 0, -1):
        leaves_before = _below(before, path[:length])
        if len(leaves_before) < _FEWEST_LEAVES or knows(after, path[:length]):
            continue
        tops = {leaf[:size] for leaf, _ in leaves(after.defaults) for size in range(1, len(leaf))}
        same = {top for top in tops if not knows(before, top) and _below(after, top) == leaves_before}
        if same:
            return {(*top, *path[length:]) for top in same}
    return set()


def _below(scope: ChartValues, top: ValuesPath) -> dict[ValuesPath, str]:
    """By the rest of its path, with its type: true is not 1."""
    return {path[len(top) :]: repr(value) for path, value in leaves(scope.defaults) if path[: len(top)] == top != path}


def collapsed(moves: Mapping[ValuesPath, ValuesPath], own: Iterable[ValuesPath]) -> dict[ValuesPath, ValuesPath]:
    """The same moves with a map in place of its leaves, where all that ``own`` has in it moves together."""
    every, targets = list(own), {}
    for old, new in moves.items():
        top, target = old, new
        while len(top) > 1 and len(target) > 1 and top[-1] == target[-1]:
            up, there = top[:-1], target[:-1]
            below = [path for path in every if path[: len(up)] == up]
            if any(moves.get(path) != (*there, *path[len(up) :]) for path in below):
                break
            top, target = up, there
        targets[top] = target
    return targets
