"""Which files of a chart a render with stand-ins can do without, because nothing in them varies.

Most of a chart's objects come from templates that reach no random function. Left out, they cost nothing. Wherever one
template may act on another in a way that is not seen here, all of them stay.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from pipeline.core.charts.template_text import actions, bodies, calls, defines
from pipeline.core.render.random_functions import in_values

_CHANGES = re.compile(r"\b(?:un)?set\b|[mM]erge")
"""Functions that change a map in place, which other templates may read: https://masterminds.github.io/sprig/dicts.html"""
_BY_PATH = ("BasePath", ".Template")
_LITERAL = re.compile(r"[\"`]([^\"`]+)[\"`]")
_READS_FILES = re.compile(r"\.Files\.(?:Glob|Lines)|crds/")
_BY_VALUE = re.compile(r"\{\{[^{}\n]*\b(?:include|template)\b\s*(?![\s\"`])")
_PUT_TOGETHER = re.compile(r"\btpl\s+\(")
_FOLDER, _DEFINITIONS = "templates/", re.compile(r"(?:charts/[^/]+/)*crds/")


def needless_files(
    files: Mapping[str, str], varying: Mapping[str, frozenset[str]], values: Iterable[str]
) -> frozenset[str]:
    """Paths of a chart's ``files``; ``varying`` are its templates that reach random functions (``by_chance``).

    ``values`` are the texts of the values that people set; those of the chart are among ``files``.
    """
    if not varying or any(path.endswith(".tgz") for path in files):  # what is packed is not seen here
        return frozenset()
    texts = {path: text for path, text in files.items() if _FOLDER in path}
    named = {name: body for text in texts.values() for name, body in bodies(text).items()}
    changing = _reaching(named, {name for name, body in named.items() if _changes(body)})
    random = {name for path in varying for name in defines(texts[path])}
    if random & changing or any(map(_is_changing, (texts[path] for path in varying))):
        return frozenset()
    layers = (*values, *(text for path, text in files.items() if path.endswith(("values.yaml", "values.yml"))))
    layers = tuple(text for text in layers if "{{" in text)  # which tpl may render
    if in_values(texts.values(), layers) or any(map(_BY_VALUE.search, layers)):
        return frozenset()
    if any(calls(text) & _reaching(named, random) for text in layers):
        return frozenset()
    needed = frozenset[str | None]().union(*map(_included_by_path, texts.values()))
    if None in needed:
        return frozenset()
    ends = tuple(str(end) for end in needed)
    out = {
        path
        for path, text in texts.items()
        if path not in varying
        and not _is_partial(path, text)
        and not (ends and path.endswith(ends))
        and not (calls(text) & changing or _is_changing(text) or _PUT_TOGETHER.search(text))
        and not any(sign in text for sign in _BY_PATH)
    }
    read = any(_READS_FILES.search(text) for path, text in texts.items() if path not in out)
    return frozenset(out if read else out | {path for path in files if _DEFINITIONS.match(path) and path not in texts})


def _changes(all_actions: Iterable[str]) -> bool:
    return any(_CHANGES.search(action) for action in all_actions)


@lru_cache(maxsize=4096)  # two versions of a chart share most of their texts word for word
def _is_changing(text: str) -> bool:
    return _changes(actions(text))


def _reaching(named: Mapping[str, tuple[str, ...]], reaching: set[str]) -> set[str]:
    """With the named templates that call one of them, however indirectly."""
    called = {name: frozenset[str]().union(*map(calls, body)) for name, body in named.items()}
    wider = reaching
    while wider:
        wider = {name for name, names in called.items() if name not in reaching and names & reaching}
        reaching = reaching | wider
    return reaching


def _is_partial(path: str, text: str) -> bool:
    """Whether others may use what is defined there."""
    return path.rpartition("/")[2].startswith("_") or path.endswith(".tpl") or "define" in text or "block" in text


def _is_by_path(action: str) -> bool:
    return "include" in action and (any(sign in action for sign in _BY_PATH) or "templates/" in action)


@lru_cache(maxsize=4096)
def _included_by_path(text: str) -> frozenset[str | None]:
    by_path = [action for action in actions(text) if _is_by_path(action)] if "include" in text else []
    return frozenset(_named_by_path(by_path))


def _named_by_path(all_actions: Iterable[str]) -> Iterator[str | None]:
    """How the path of each template ends that is included by its path; None where that is not seen."""
    for action in all_actions:
        paths = [text for text in _LITERAL.findall(action) if text.endswith((".yaml", ".yml", ".tpl", ".txt", ".json"))]
        yield from (text[max(0, text.find(_FOLDER)) :] for text in paths)
        if not paths:
            yield None
