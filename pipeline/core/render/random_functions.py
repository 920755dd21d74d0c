"""Which functions that vary from render to render a chart's objects come from, so that it is asked what they make.

That costs two more renders, with stand-ins for these functions (core/render/stand_ins.py). They are made where an
object comes from a template that reaches such a function, whatever its values look like.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from pipeline.core.charts.template_text import actions, bodies, calls
from pipeline.core.charts.template_tokens import TemplateToken, TokenKind, tokens_of
from pipeline.core.kube.resource import Resource
from pipeline.core.render.stand_ins import MAY_VARY, functions_in

PACKED = "a packed chart inside the chart"
"""In place of the functions of templates that are not at hand."""
_TPL = "tpl"
_SOURCE = re.compile(r"(?m)^# Source: [^/\n]*/(.*)$")


def by_chance(files: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """Each template (path below the chart's folder) with the random functions it reaches, named templates included."""
    texts = {path: text for path, text in files.items() if "templates/" in path}
    named_there = {path for path, text in texts.items() if _names_one(text)}
    if not any(_functions(actions(texts[path])) for path in named_there):
        return {}
    named = {name: body for text in texts.values() for name, body in bodies(text).items()}
    reach = {name: _functions(body) for name, body in named.items()}
    grown = any(reach.values())
    while grown:  # named templates call each other
        wider = {name: reach[name].union(*_reached(named[name], reach)) for name in named}
        grown, reach = wider != reach, wider
    every = frozenset[str]().union(*reach.values())
    functions_of = {}
    for path, text in texts.items():
        own = _functions(actions(text)) if path in named_there else frozenset()
        called = every if _calls_by_value(text) else frozenset()
        functions_of[path] = own.union(called, *(reach[name] for name in calls(text) if name in reach))
    return {path: functions for path, functions in functions_of.items() if functions}


def in_values(templates: Iterable[str], values: Iterable[str]) -> frozenset[str]:
    """The functions that values call, in a chart whose templates hand values to ``tpl``."""
    texts = [text for text in values if "{{" in text and _names_one(text)]
    if not texts or not any(_TPL in text for text in templates):
        return frozenset()
    return frozenset().union(*(_functions(actions(text)) for text in texts))


def at_work(used: Iterable[str], templates: Mapping[str, frozenset[str]], packed: Iterable[str]) -> frozenset[str]:
    """The random functions that may have made something in a render.

    ``used`` are the templates (``templates_of``) whose objects it holds; ``templates`` is what ``by_chance`` says;
    ``packed`` are the packed charts inside the chart (paths), whose templates it does not know.
    """
    functions: set[str] = set()
    for path in used:
        functions |= templates.get(path, frozenset())
    return frozenset(functions) | ({PACKED} if any(packed) else frozenset())


def templates_of(text: str) -> frozenset[str]:
    """The templates that a render's documents are of, by their paths below the chart's folder."""
    return frozenset(map(str.strip, _SOURCE.findall(text)))


def template_of(resource: Resource) -> str:
    """Below the chart's folder: ``charts/part/templates/a.yaml``."""
    return resource.source.partition("/")[2]


@lru_cache(maxsize=4096)  # two versions of a chart share most of their texts word for word
def _names_one(text: str) -> bool:
    return MAY_VARY(text) is not None


def _functions(all_actions: Iterable[str]) -> frozenset[str]:
    return frozenset(name for action in all_actions if MAY_VARY(action) for name in functions_in(_words(action)))


def _words(action: str) -> tuple[TemplateToken, ...]:
    return tuple(token for token in tokens_of(action) if token.kind not in (TokenKind.SPACE, TokenKind.COMMENT))


def _reached(all_actions: Iterable[str], reach: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    return (reach[name] for action in all_actions for name in calls(action) if name in reach)


@lru_cache(maxsize=4096)
def _calls_by_value(text: str) -> bool:
    """Whether a named template is called whose name is a value, or put together. Paths of templates are none."""
    for action in actions(text):
        if "include" not in action:
            continue
        words = _words(action)
        for token, after in pairwise(words):
            called = token.kind is TokenKind.WORD and token.text == "include" and after.kind is not TokenKind.STRING
            if called and "BasePath" not in action:
                return True
    return False
