"""Pairs objects that left with objects that came: the same thing under another name, in another namespace or group.

First what the workloads say, which name the one where they named the other; then names that differ in a hash or a
version; then similarity: the share of equal leaves, the object's own name taken out of them. What holds data is never
paired: its removal is a loss, whatever resembles it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import product
from typing import Any

from pipeline.core.change import Action
from pipeline.core.follow import Followed
from pipeline.core.resource import CRD_KIND, Body, Resource, mapping
from pipeline.core.stems import same_stem, stem

_ALONE = frozenset({CRD_KIND, "Namespace", "StatefulSet", "PersistentVolumeClaim", "PersistentVolume"})
_ALIKE = 0.6
_MOST_PAIRS = 20_000
"""Of one kind; beyond it only objects of the same name are paired, so that the cost stays linear."""
_SMALLEST = 3
"""Objects with fewer leaves resemble each other by chance."""
_GENERATED = frozenset({"ConfigMap", "Secret", "Job"})
"""Kinds whose names are given hashes and versions, because others notice a change by the name or because they never
change."""
_Pairs = Iterator[tuple[Resource, Resource]]
_OWN = frozenset({"name", "namespace", "labels", "annotations", "creationTimestamp"})


def paired(
    removed: list[Resource], added: list[Resource], followed: Iterable[Followed] = ()
) -> Iterator[tuple[Resource, Resource, Action]]:
    """(old, new, RENAMED or MOVED), each object at most once; moved is the same name in another namespace.

    ``followed`` is what workloads named before and name now in the same place.
    """
    for pairing in (partial(_followed, followed=followed), _of_stems, _alike):
        pairs = list(pairing(removed, added))
        yield from ((old, new, _action(old, new)) for old, new in pairs)
        taken = {resource.id for pair in pairs for resource in pair}
        removed, added = ([one for one in side if one.id not in taken] for side in (removed, added))


def _followed(removed: list[Resource], added: list[Resource], *, followed: Iterable[Followed]) -> _Pairs:
    """Where every workload that named the old one now names this new one, and nobody but them does."""
    olds, news = ({one.id: one for one in side} for side in (removed, added))
    pairs = {(olds[pair.old], news[pair.new]) for pair in followed if pair.old in olds and pair.new in news}
    counts = Counter(resource.id for pair in pairs for resource in pair)
    for old, new in sorted(pairs, key=lambda pair: pair[0].id):
        if counts[old.id] == counts[new.id] == 1 and (old.kind != "Secret" or _keys(old) == _keys(new)):
            yield old, new


def _keys(secret: Resource) -> set[str]:
    return {key for field in ("data", "stringData") for key in mapping(secret.body.get(field))}


def _of_stems(removed: list[Resource], added: list[Resource]) -> _Pairs:
    """Names that differ in a generated end, one on each side."""
    olds, news = _by_stem(removed), _by_stem(added)
    for key, (old, *others) in sorted(olds.items()):
        (new, *more) = news.get(key, (old,))
        if not others and not more and same_stem(old.id.name, new.id.name):
            yield old, new


def _by_stem(resources: list[Resource]) -> dict[tuple[str, str, str], list[Resource]]:
    found: defaultdict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for one in resources:
        if one.kind in _GENERATED:
            found[one.kind, one.id.namespace, stem(one.id.name)].append(one)
    return found


def _alike(removed: list[Resource], added: list[Resource]) -> _Pairs:
    news: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in added:
        news[resource.kind].append(resource)
    olds: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in removed:
        if resource.kind not in _ALONE and resource.kind in news:
            olds[resource.kind].append(resource)
    for kind, group in sorted(olds.items()):
        yield from _best(group, news[kind])


def _best(olds: list[Resource], news: list[Resource]) -> _Pairs:
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
            yield olds[a], news[b]


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
