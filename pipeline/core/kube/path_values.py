"""Reads and replaces single values of an object by their paths, list entries by their merge key or index."""

from collections.abc import Mapping
from typing import Any

from pipeline.core.diff.change import MISSING
from pipeline.core.kube.path import Entry, Path


def get(body: Any, path: Path) -> Any:
    """The value at ``path``; MISSING where there is none."""
    for step in path:
        if isinstance(step, str):
            body = body.get(step, MISSING) if isinstance(body, dict) else MISSING
        elif isinstance(body, list):
            index = _index(body, step)
            body = MISSING if index is None else body[index]
        else:
            return MISSING
        if body is MISSING:
            return MISSING
    return body


def put(body: Any, values: Mapping[Path, Any]) -> Any:
    """A copy with other values at those paths that are there."""
    for path, value in values.items():
        if get(body, path) is not MISSING:
            body = _with(body, path, value)
    return body


def _with(body: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return {**body, step: _with(body[step], rest, value)}
    index = _index(body, step)
    return [_with(one, rest, value) if n == index else one for n, one in enumerate(body)]


def _index(entries: list[Any], step: Entry | int) -> int | None:
    if isinstance(step, int):
        return step if step < len(entries) else None
    return next((n for n, one in enumerate(entries) if all(_part(one, k) == v for k, v in step.pairs)), None)


def _part(entry: Any, dotted: str) -> Any:
    for step in dotted.split("."):
        entry = entry.get(step) if isinstance(entry, dict) else None
    return entry
