"""What an import found, whichever tool it was declared for."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was not taken over. ``where`` is a file and an object; ``todo`` what to do about it."""

    where: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  try: {self.todo}"


@dataclass(frozen=True, slots=True)
class ImportedRelease:
    """One release in one environment. ``chart`` is as pipeline.yaml names it; ``values`` are merged already.

    ``value_files`` are files of the repository, and ``values`` come over them; ``patches`` are Kustomize's.
    """

    name: str
    chart: str
    namespace: str
    version: str = ""
    needs: tuple[str, ...] = ()
    value_files: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    patches: tuple[Any, ...] = ()
    where: str = ""
    declared: str = ""
    """Its name among the tool's own objects, which ``needs`` of others refer to, where that is not ``name``."""


@dataclass(frozen=True, slots=True)
class Imported:
    """``releases`` by environment, in the order found; ``repositories`` are URLs by short name."""

    releases: Mapping[str, tuple[ImportedRelease, ...]] = field(default_factory=dict, hash=False)
    repositories: Mapping[str, str] = field(default_factory=dict, hash=False)
    left_out: tuple[LeftOut, ...] = ()

    def with_environment(self, name: str, other: "Imported") -> "Imported":
        """What ``other`` found, as the environment ``name`` of this one."""
        releases = tuple(release for several in other.releases.values() for release in several)
        return replace(
            self,
            releases={**self.releases, name: releases},
            repositories={**self.repositories, **other.repositories},
            left_out=tuple(dict.fromkeys((*self.left_out, *other.left_out))),
        )

    def beside(self, other: "Imported") -> "Imported":
        """Both, environment by environment."""
        names = dict.fromkeys((*self.releases, *other.releases))
        return Imported(
            {name: (*self.releases.get(name, ()), *other.releases.get(name, ())) for name in names},
            {**self.repositories, **other.repositories},
            tuple(dict.fromkeys((*self.left_out, *other.left_out))),
        )


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Values as Helm and Flux merge them: maps key by key, everything else is replaced; null stays null."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def with_value(
    values: Mapping[str, Any], path: str, value: Any, below: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    r"""``values`` with one more, at a path as ``helm --set`` writes it: ``a.b``, ``a\.b.c``, ``list[0].x``.

    ``below`` is what the values are laid over, themselves among it: an entry of a list leaves the others as they are.

    Raises:
        ValueError: it is not such a path.
    """
    return merged(values, _nested(_keys(path), value, values if below is None else below))


def _keys(path: str) -> list[str | int]:
    steps: list[str | int] = []
    for part in path.replace("\\.", "\0").split("."):
        name, *indexes = part.replace("\0", ".").replace("]", "").split("[")
        if not name or any(not index.isdigit() for index in indexes):
            raise ValueError(f"{path!r} is not a path of values")
        steps += [name, *map(int, indexes)]
    return steps


def _nested(keys: list[str | int], value: Any, old: Any) -> Any:
    if not keys:
        return value
    key, *rest = keys
    if isinstance(key, int):
        entries = list(old) if isinstance(old, list) else []
        entries += [None] * (key + 1 - len(entries))
        entries[key] = _nested(rest, value, entries[key])
        return entries
    below = old.get(key) if isinstance(old, dict) else None
    return {key: _nested(rest, value, below)}
