"""The position of each value in a YAML text, so that a message can show file:line:column."""

from dataclasses import dataclass
from functools import lru_cache

import yaml

Steps = tuple[str | int, ...]
_MOST = 200_000
"""Positions of one text: aliases of aliases multiply, and no one asks for the last of so many."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Mark:
    """Counted from 1."""

    line: int
    column: int


@lru_cache(maxsize=64)
def marks(text: str) -> dict[Steps, Mark]:
    """The mark of each key (of a list's entry: of the entry); of several documents, the last. ``()`` is the start.

    Empty for a text that no YAML parser reads.
    """
    marks_at: dict[Steps, Mark] = {(): Mark(1, 1)}
    try:
        for document in yaml.compose_all(text, Loader=_LOADER):
            _collect(document, (), marks_at, set())
    except (yaml.YAMLError, RecursionError):
        return {}
    return marks_at


def mark(text: str, steps: Steps) -> Mark:
    """Of the value at ``steps``, or of what is nearest above it."""
    marks_at = marks(text)
    while steps and steps not in marks_at:
        steps = steps[:-1]
    return marks_at.get(steps, Mark(1, 1))


def _collect(node: yaml.Node | None, path: Steps, marks_at: dict[Steps, Mark], above: set[int]) -> None:
    """``above`` are the nodes that this one lies in: an anchor that contains itself is not followed again."""
    if id(node) in above or len(marks_at) > _MOST:
        return
    above.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                here = (*path, key.value)
                marks_at[here] = Mark(key.start_mark.line + 1, key.start_mark.column + 1)
                _collect(value, here, marks_at, above)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            here = (*path, index)
            marks_at[here] = Mark(item.start_mark.line + 1, item.start_mark.column + 1)
            _collect(item, here, marks_at, above)
    above.discard(id(node))
