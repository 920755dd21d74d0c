"""How similar two objects are apart from their names and namespaces: the share of equal leaves.

A leaf is a path and a scalar; of a text, a path and a line; of a ConfigMap or Secret, its keys too. A default that one
side says outright is equal to the same default on the other; what neither says does not count, since defaults would
make strangers alike.
"""

from functools import lru_cache
from typing import Any

from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.resource import Body, Resource

ALIKE = 0.6
"""From here on two objects are taken for one."""
SMALLEST = 3
"""Objects with fewer leaves resemble each other at random."""
_UNSURE = 0.25
"""Below it not even defaults and names make two objects one."""
_OWN = frozenset({"name", "namespace", "labels", "annotations", "creationTimestamp"})
_KEYED = frozenset({"data", "binaryData", "stringData"})
_Leaves = frozenset[int]


class Likeness:
    """Keeps the leaves of what it has seen: one object is held against many."""

    def __init__(self) -> None:
        self._leaves = lru_cache(maxsize=4096)(_leaves)

    def of(self, old: Resource, new: Resource, names: tuple[str, str]) -> float:
        """0 to 1. ``names`` is what the name of the one has and that of the other has not."""
        first, second = self._leaves(old, old.id.name), self._leaves(new, new.id.name)
        if min(len(first), len(second)) < SMALLEST:
            return 0.0
        plain = _share(first, second)
        if plain < _UNSURE or plain == 1.0:
            return plain
        filled = self._filled(old, old.id.name, new, new.id.name)
        if not all(len(name) >= SMALLEST for name in names):
            return max(plain, filled)
        renamed = self._filled(old, names[0], new, names[1])
        return max(plain, filled, renamed)

    def small(self, old: Resource, new: Resource) -> bool:
        """Whether too little is in one of them to tell."""
        return min(len(self._leaves(side, side.id.name)) for side in (old, new)) < SMALLEST

    def _filled(self, old: Resource, old_name: str, new: Resource, new_name: str) -> float:
        said = self._leaves(old, old_name) | self._leaves(new, new_name)
        both = self._leaves(old, old_name, True) & self._leaves(new, new_name, True)
        return len(said & both) / len(said)


def _share(first: _Leaves, second: _Leaves) -> float:
    return len(first & second) / len(first | second)


def _leaves(resource: Resource, name: str, filled: bool = False) -> _Leaves:  # noqa: FBT001, FBT002
    leaves: set[int] = set()
    body = normal(resource) if filled else resource.body
    rest: Body = {key: value for key, value in body.items() if key not in ("apiVersion", "kind", "metadata")}
    _collect(rest, (), name, leaves)
    metadata = {key: value for key, value in resource.metadata.items() if key not in _OWN}
    _collect(metadata, ("metadata",), name, leaves)
    return frozenset(leaves)


def _collect(value: Any, path: tuple[str, ...], name: str, leaves: set[int]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if path[-1:] and path[-1] in _KEYED:
                leaves.add(hash((path, key)))
            _collect(item, (*path, key), name, leaves)
    elif isinstance(value, list):
        for item in value:
            _collect(item, path, name, leaves)
    elif isinstance(value, str):
        for line in value.splitlines() if "\n" in value else (value,):
            leaves.add(hash((path, str, line.replace(name, "~") if name else line)))
    else:
        leaves.add(hash((path, type(value), value)))
