"""Pairs removed objects with added ones: the same object under another name, in another namespace or group.

First what the workloads say, which name the one where they named the other; then names that differ in a hash or a
version; then likeness; then names that differ as those of a pair already found do, which settles what is too small to
be alike (an account, a binding). What holds data is never paired: its removal is a loss, whatever resembles it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from pipeline.core.diff.change import Action
from pipeline.core.diff.generated_names import differing, same_stem, stem
from pipeline.core.diff.reference_changes import Followed
from pipeline.core.diff.similarity import ALIKE, Likeness
from pipeline.core.kube.resource import CRD_KIND, Resource, ResourceId, mapping

_ALONE = frozenset({CRD_KIND, "Namespace", "StatefulSet", "PersistentVolumeClaim", "PersistentVolume"})
_PLAUSIBLE = 0.3
"""Enough where the names say that two are one."""
_MOST_PAIRS = 20_000
"""Of one kind; beyond it only objects of the same name are paired, so that the cost stays linear."""
GENERATED = frozenset({"ConfigMap", "Secret", "Job"})
"""Kinds whose names are given hashes and versions, because others notice a change by the name or because they never
change."""
_Pair = tuple[Resource, Resource]
_Pairs = Iterator[_Pair]
_Names = tuple[str, str]


def paired(
    left: "Left", followed: Iterable[Followed] = (), staying: Mapping[ResourceId, Resource] | None = None
) -> Iterator[tuple[Resource, Resource, Action]]:
    """(old, new, RENAMED or MOVED), taken out of ``left``; moved is the same name in another namespace.

    ``followed`` is what workloads named before and name now in the same place; ``staying`` what they named and may
    stay: an older generation of a generated name is kept beside the new one.
    """
    for pairing in (_followed(left, list(followed), staying or {}), _of_stems(left), _Alike(left).pairs()):
        for old, new in pairing:
            yield old, new, Action.MOVED if _moved(old, new) else Action.RENAMED


def _moved(old: Resource, new: Resource) -> bool:
    return old.id.namespace != new.id.namespace and old.id.name == new.id.name


class Left:
    """What is not yet paired."""

    def __init__(self, removed: list[Resource], added: list[Resource]) -> None:
        self.removed, self.added = removed, added

    def take(self, pairs: Iterable[_Pair]) -> list[_Pair]:
        taken = list(pairs)
        old_ids, new_ids = {old.id for old, _ in taken}, {new.id for _, new in taken}
        self.removed = [resource for resource in self.removed if resource.id not in old_ids]
        self.added = [resource for resource in self.added if resource.id not in new_ids]
        return taken


def _followed(left: Left, followed: list[Followed], staying: Mapping[ResourceId, Resource]) -> _Pairs:
    """Where every workload that named the old one now names this new one, and no one but them does."""
    olds, news = ({resource.id: resource for resource in side} for side in (left.removed, left.added))
    for pair in followed:
        if pair.old in staying and same_stem(pair.old.name, pair.new.name):
            olds[pair.old] = staying[pair.old]
    pairs = {(olds[pair.old], news[pair.new]) for pair in followed if pair.old in olds and pair.new in news}
    counts = Counter(resource.id for pair in pairs for resource in pair)
    yield from left.take(
        (old, new)
        for old, new in sorted(pairs, key=lambda pair: pair[0].id)
        if counts[old.id] == counts[new.id] == 1 and (old.kind != "Secret" or _keys(old) == _keys(new))
    )


def _keys(secret: Resource) -> set[str]:
    return {key for field in ("data", "stringData") for key in mapping(secret.body.get(field))}


def _of_stems(left: Left) -> _Pairs:
    """Names that differ in a generated end, one on each side."""
    olds, news = _by_stem(left.removed), _by_stem(left.added)
    alone = {key: alike[0] for key, alike in news.items() if len(alike) == 1}
    pairs = [(alike[0], alone[key]) for key, alike in sorted(olds.items()) if len(alike) == 1 and key in alone]
    yield from left.take(pair for pair in pairs if same_stem(pair[0].id.name, pair[1].id.name))


def _by_stem(resources: list[Resource]) -> dict[tuple[str, str, str], list[Resource]]:
    by_stem: defaultdict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource.kind in GENERATED:
            by_stem[resource.kind, resource.id.namespace, stem(resource.id.name)].append(resource)
    return by_stem


class _Alike:
    """Everything that is left, kind by kind: each removed object against each added one."""

    def __init__(self, left: Left) -> None:
        self._left, self._likeness = left, Likeness()

    def pairs(self) -> _Pairs:
        """Greedily, the most alike first; then the most usual difference of names; then the smaller identity."""
        pairs = list(_candidates(self._left))
        votes = Counter(names for _, names in {(old.id, _names(old, new)) for old, new in pairs})
        ranked = sorted(
            ((-round(score, 2), -votes[_names(old, new)], old.id, new.id), old, new, score)
            for old, new in pairs
            if (score := self._score(old, new)) >= _PLAUSIBLE or self._likeness.small(old, new)
        )
        sure = self._chosen((old, new) for _, old, new, score in ranked if score >= ALIKE)
        yield from sure
        known = {_names(old, new) for old, new in sure if not same_stem(old.id.name, new.id.name)} | {("", "")}
        yield from self._chosen((old, new) for _, old, new, _ in ranked if _names(old, new) in known)

    def _chosen(self, ranked: Iterable[_Pair]) -> list[_Pair]:
        olds, news = ({resource.id for resource in side} for side in (self._left.removed, self._left.added))
        chosen = []
        for old, new in ranked:
            if old.id in olds and new.id in news:
                olds.remove(old.id)
                news.remove(new.id)
                chosen.append((old, new))
        return self._left.take(chosen)

    def _score(self, old: Resource, new: Resource) -> float:
        if old.id.name == new.id.name and old.id.group != new.id.group:
            return 1.0  # the same kind and name in another API group
        return self._likeness.of(old, new, _names(old, new))


def _names(old: Resource, new: Resource) -> _Names:
    return differing(old.id.name, new.id.name)


def _candidates(left: Left) -> _Pairs:
    news: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in left.added:
        news[resource.kind].append(resource)
    olds: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in left.removed:
        if resource.kind not in _ALONE and resource.kind in news:
            olds[resource.kind].append(resource)
    for kind, group in sorted(olds.items()):
        if len(group) * len(news[kind]) <= _MOST_PAIRS:
            yield from product(group, news[kind])
        else:
            by_name = {(new.id.namespace, new.id.name): new for new in news[kind]}
            keys = ((old, (old.id.namespace, old.id.name)) for old in group)
            yield from ((old, by_name[key]) for old, key in keys if key in by_name)
