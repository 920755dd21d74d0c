"""Pairs objects that left with objects that came: the same thing under another name, in another namespace or group.

Similarity is the share of equal leaves, the object's own name taken out of them. What holds data is never paired: its
removal is a loss, whatever resembles it.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Any

from pipeline.core.change import Action
from pipeline.core.resource import CRD_KIND, Body, Resource

_ALONE = frozenset({CRD_KIND, "Namespace", "StatefulSet", "PersistentVolumeClaim", "PersistentVolume"})
_ALIKE = 0.6
_MOST_PAIRS = 20_000
"""Of one kind; beyond it only objects of the same name are paired, so that the cost stays linear."""
_SMALLEST = 3
"""Objects with fewer leaves resemble each other by chance."""
_OWN = frozenset({"name", "namespace", "labels", "annotations", "creationTimestamp"})


def paired(removed: list[Resource], added: list[Resource]) -> Iterator[tuple[Resource, Resource, Action]]:
    """(old, new, RENAMED or MOVED), each object at most once; moved is the same name in another namespace."""
    news: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in added:
        news[resource.kind].append(resource)
    olds: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in removed:
        if resource.kind not in _ALONE and resource.kind in news:
            olds[resource.kind].append(resource)
    for kind, group in sorted(olds.items()):
        yield from _best(group, news[kind])


def _best(olds: list[Resource], news: list[Resource]) -> Iterator[tuple[Resource, Resource, Action]]:
    """Greedily, the most alike first; a tie goes to the smaller identity."""
    pairs: Iterator[tuple[int, int]] = product(range(len(olds)), range(len(news)))
    if len(olds) * len(news) > _MOST_PAIRS:
        places = {(new.id.namespace, new.id.name): index for index, new in enumerate(news)}
        pairs = iter(
            [(n, places[key]) for n, old in enumerate(olds) if (key := (old.id.namespace, old.id.name)) in places]
        )
    first, second = [_leaves(resource) for resource in olds], [_leaves(resource) for resource in news]
    ranked = sorted(
        (-score, olds[a].id, news[b].id, a, b)
        for a, b in pairs
        if (score := _likeness(olds[a], news[b], first[a], second[b])) >= _ALIKE
    )
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    for _, _, _, a, b in ranked:
        if a not in taken_old and b not in taken_new:
            taken_old.add(a)
            taken_new.add(b)
            yield olds[a], news[b], _action(olds[a], news[b])


def _action(old: Resource, new: Resource) -> Action:
    return Action.MOVED if old.id.namespace != new.id.namespace and old.id.name == new.id.name else Action.RENAMED


def _likeness(old: Resource, new: Resource, first: frozenset[int], second: frozenset[int]) -> float:
    if old.id.name == new.id.name and old.id.group != new.id.group:
        return 1.0  # the same kind and name in another API group
    if min(len(first), len(second)) < _SMALLEST:
        return 0.0
    return len(first & second) / len(first | second)


def _leaves(resource: Resource) -> frozenset[int]:
    found: set[int] = set()
    body: Body = {key: value for key, value in resource.body.items() if key not in ("apiVersion", "kind", "metadata")}
    _collect(body, (), resource.id.name, found)
    metadata = {key: value for key, value in resource.metadata.items() if key not in _OWN}
    _collect(metadata, ("metadata",), resource.id.name, found)
    return frozenset(found)


def _collect(value: Any, path: tuple[str, ...], name: str, found: set[int]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _collect(item, (*path, key), name, found)
    elif isinstance(value, list):
        for item in value:
            _collect(item, path, name, found)
    else:
        text = value.replace(name, "~") if isinstance(value, str) and name else value
        found.add(hash((path, type(value), text)))
