"""Compares two renders: objects paired by identity, and each pair compared as the API server sees it.

core/diff/value_changes.py compares the values. What remains is a change, possibly with the reason why it is noise.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace

from pipeline.core.diff.change import Action, Diff, FieldChange, ResourceChange
from pipeline.core.diff.embedded_documents import opened
from pipeline.core.diff.equivalence import same_to_the_server, written_otherwise
from pipeline.core.diff.noise import noise_of
from pipeline.core.diff.reference_changes import followed, settled
from pipeline.core.diff.rename import Left, paired
from pipeline.core.diff.renamed_fields import unfollowed
from pipeline.core.diff.value_changes import changes_at, identical
from pipeline.core.kube.defaults.normalise import normal
from pipeline.core.kube.path import to_text
from pipeline.core.kube.resource import ManifestSet, Resource, ResourceId


def compare(before: ManifestSet, after: ManifestSet, elsewhere: Container[ResourceId] = frozenset()) -> Diff:
    """Every object that differs, sorted by identity. Renamed and moved objects are one change, with both sides.

    ``elsewhere`` is what other releases render: an object that moved there was not renamed here.
    """
    if before is after:
        return Diff()
    olds, news = before.by_id(), after.by_id()
    edited: list[ResourceChange] = []
    for rid, resource in olds.items():
        other = news.get(rid)
        if other is not None and resource.body is not other.body and not _as_written(resource, other):
            fields = fields_of(resource, other)
            if fields:
                edited.append(ResourceChange(rid, Action.CHANGED, resource, other, fields))
    only_old = [resource for rid, resource in olds.items() if rid not in news]
    left = Left(
        [resource for resource in only_old if resource.id not in elsewhere],
        [one for rid, one in news.items() if rid not in olds],
    )
    twins = _twins(left, edited, olds)
    edited += twins
    ids = [(twin.before.id, twin.id) for twin in twins if twin.before]
    changes_found = [settled(change, ids) for change in edited] if ids else edited
    changes_found += [ResourceChange(resource.id, Action.REMOVED, resource, None) for resource in left.removed]
    changes_found += [
        ResourceChange(resource.id, Action.REMOVED, resource, None) for resource in only_old if resource.id in elsewhere
    ]
    changes_found += [ResourceChange(resource.id, Action.ADDED, None, resource) for resource in left.added]
    return Diff(tuple(sorted(changes_found, key=lambda change: (change.id, change.action))))


def _twins(left: Left, edited: list[ResourceChange], olds: Mapping[ResourceId, Resource]) -> list[ResourceChange]:
    """What has another name or namespace; then what those name now where they named another before."""
    twins: list[ResourceChange] = []
    latest = edited
    while left.removed and left.added:
        named = [pair for change in latest for _, pair in followed(change)]
        staying = {pair.old: olds[pair.old] for pair in named if pair.old in olds}
        pairs = list(paired(left, named, staying))
        if not pairs:
            break
        latest = [ResourceChange(new.id, action, old, new, fields_of(old, new)) for old, new, action in pairs]
        twins += [replace(twin, fields=unfollowed(twin, fields_of)) for twin in latest]
    return twins


def _as_written(resource: Resource, other: Resource) -> bool:
    """Whether both are the same text: most objects are, and defaults need not be filled to see it."""
    return identical(resource.body, other.body)


def fields_of(before: Resource, after: Resource) -> tuple[FieldChange, ...]:
    """The changed paths between two objects, sorted; a subtree that comes or goes whole is one change."""
    changes = _Comparison(before, after).changes()
    return tuple(sorted(changes, key=lambda change: (to_text(change.path), change.op)))


class _Comparison:
    """One pair of objects. Defaults that the API server fills are the same as given ones."""

    def __init__(self, before: Resource, after: Resource) -> None:
        self._before, self._after = before, after

    def changes(self) -> Iterator[FieldChange]:
        for change in self._opened():
            if same_to_the_server(change, self._after):
                continue
            noise = change.noise or written_otherwise(change, self._after) or noise_of(change, self._after)
            yield FieldChange(change.path, change.op, change.old, change.new, noise) if noise else change

    def _opened(self) -> Iterator[FieldChange]:
        """With the documents inside a ConfigMap's texts and inside annotations (a pod template's too) taken apart."""
        for change in changes_at((), normal(self._before), normal(self._after)):
            if change.path[:1] == ("data",) or change.path[-3:-1] == ("metadata", "annotations"):
                yield from opened(change, changes_at)
            else:
                yield change
