"""Paths into a Kubernetes object: map keys, list entries named by their merge key, and indexes where no key exists."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias


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


def value_at(body: Any, path: Path) -> Any:
    """What stands at ``path``; None where nothing does."""
    value = body
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        elif isinstance(value, list) and isinstance(step, Entry):
            value = next((one for one in value if _is(one, step)), None)
        else:
            return None
    return value


def _is(entry: Any, step: Entry) -> bool:
    return isinstance(entry, dict) and all(value_at(entry, tuple(key.split("."))) == want for key, want in step.pairs)
