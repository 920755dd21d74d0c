"""Removes secret values from both sides of a comparison, before anything is compared, judged or shown."""

from collections.abc import Iterable
from dataclasses import replace

from pipeline.core.judge.kept_objects import kept_objects
from pipeline.core.judge.snapshot import Snapshot
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.redaction.copied import Copied
from pipeline.core.redaction.copies import texts_at, values_at
from pipeline.core.redaction.mask import Mask
from pipeline.core.render.nondeterminism import marked
from pipeline.core.risk.upgrade import Side


def masked(old: Snapshot, new: Snapshot, mask: Mask) -> tuple[Snapshot, Snapshot]:
    """As they are compared. In the order of the keys, so that equal snapshots number their secrets alike."""
    sides = [release.side for snapshot in (old, new) for release in snapshot.releases.values()]
    places = [place for side in sides for place in side.notes.copies.places]
    seen: dict[int, ManifestSet] = {}
    return _masked(old, mask, places, seen), _masked(new, mask, places, seen)


def certain(side: Side) -> ManifestSet:
    """The manifests with marks in place of what another render has another value for."""
    return marked(side.manifests, side.chance) if side.chance else side.manifests


def _masked(snapshot: Snapshot, mask: Mask, places: list[Copied], seen: dict[int, ManifestSet]) -> Snapshot:
    """Where one side holds a copy of a Secret's value, the other held one too, whether its index says so or not.

    ``seen`` has what became of manifests by their id: what both sides share is masked alike.
    """
    releases = {}
    for unrendered in snapshot.unrendered.values():
        for layer in unrendered.side.values:
            mask.values(layer.data)
    for key in sorted(snapshot.releases):
        release = snapshot.releases[key]
        mask.public((key.name, key.environment))
        _learn(release.side, mask, places)
        manifests = release.side.manifests
        if id(manifests) not in seen:
            seen[id(manifests)] = _without_values(manifests, mask)
        side = replace(release.side, manifests=seen[id(manifests)])
        for layer in release.side.values:
            mask.taken(layer.data)
        releases[key] = replace(release, side=replace(side, manifests=certain(side), chance=()))
    return replace(snapshot, releases=releases)


def _learn(side: Side, mask: Mask, places: Iterable[Copied]) -> None:
    """What is secret by its name, and what a Secret that the tree does not hold has or takes."""
    for layer in side.values:
        mask.values(layer.data)
        mask.hidden(values_at(layer.data, side.notes.copies.values))
    if places:
        wanted = {place.id for place in places}
        mask.hidden(text for resource in side.manifests.picked(wanted) for text in texts_at(resource, places))


def _without_values(manifests: ManifestSet, mask: Mask) -> ManifestSet:
    """Of objects that were kept, the mask reads those alone in which there may be a value, and the names of all."""
    kept = kept_objects(manifests)
    if kept is None:
        return mask.manifests(manifests)
    hidden = kept.masked(mask.resource).manifests
    mask.seen(hidden)
    return hidden
