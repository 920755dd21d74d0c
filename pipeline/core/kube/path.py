"""Paths into a Kubernetes object: map keys, list entries by merge key, and indexes for lists without one.

They are read and written here too: :func:`get` and :func:`put` take the value at a path and replace it.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias


class _Missing:
    """Absence, which is not null."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


class Entry(NamedTuple):
    """A list entry named by its merge key: ``Entry((("containerPort", 80), ("protocol", "TCP")))``."""

    pairs: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, **pairs: Any) -> "Entry":
        """A name that is a list or a map, which no API server takes, is named by its text: paths stay hashable."""
        return cls(
            tuple((key, str(value) if isinstance(value, list | dict) else value) for key, value in pairs.items())
        )

    def __str__(self) -> str:
        return "[" + ",".join(f"{key}={value}" for key, value in self.pairs) + "]"


Step: TypeAlias = str | int | Entry
Path: TypeAlias = tuple[Step, ...]

_ambiguous = re.compile(r'[.\[\]" ]').search


def matches(path: Path, pattern: tuple[str, ...]) -> bool:
    """Whether ``path`` lies at or below ``pattern``, in which ``*`` stands for any one step.

    >>> matches(("spec", "ports", Entry.of(port=80), "name"), ("spec", "ports", "*"))
    True
    """
    if len(path) < len(pattern):
        return False
    for want, step in zip(pattern, path, strict=False):  # noqa: SIM110 - a rule asks this of every change: a third of the time
        if want != step and want != "*":  # noqa: PLR1714 - as above
            return False
    return True


def to_text(path: Path) -> str:
    """``spec.containers[name=web].image``; a key that holds a dot or a bracket is quoted: ``labels["a.b/c"]``."""
    texts = [_key(step) if step.__class__ is str else _entry(step) for step in path]
    return "".join(texts).removeprefix(".")


def _entry(step: Step) -> str:
    if isinstance(step, Entry) and len(step.pairs) == 1:  # most have one key: no list to be joined
        key, value = step.pairs[0]
        return f"[{key}={value}]"
    return str(step) if isinstance(step, Entry) else f"[{step}]"


@lru_cache(maxsize=65536)
def _key(step: str) -> str:
    return '["' + step.replace('"', '\\"') + '"]' if not step or _ambiguous(step) else f".{step}"


def to_json(path: Path) -> list[Any]:
    """The report's form: a string is a map key, an object names a list entry, a number is an index."""
    return [dict(step.pairs) if isinstance(step, Entry) else step for step in path]


def from_json(steps: Iterable[Any]) -> Path:
    return tuple(Entry(tuple(step.items())) if isinstance(step, dict) else step for step in steps)


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
    return [_with(entry, rest, value) if n == index else entry for n, entry in enumerate(body)]


def _index(entries: list[Any], step: Entry | int) -> int | None:
    if isinstance(step, int):
        return step if step < len(entries) else None
    return next((n for n, entry in enumerate(entries) if all(part(entry, k) == v for k, v in step.pairs)), None)


def part(entry: Any, dotted: str) -> Any:
    """The value that a merge key like ``port.number`` names in a list's entry; None where there is none."""
    for step in dotted.split("."):
        entry = entry.get(step) if isinstance(entry, dict) else None
    return entry
