"""Reads the objects of rendered releases: all that a tree holds, or only those that no earlier run knew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.hand_edits import HandEdit, changed_files
from pipeline.core.render.layout import FOLDER
from pipeline.core.render.manifests import ParsedDocuments
from pipeline.core.render.rendered_tree import Index
from pipeline.flows.committed import ReleaseSelection, index_paths, indexes, objects_of, read_indexes
from pipeline.flows.find_hand_edits import edits_of
from pipeline.flows.kept_sides import KeptSides, reader, rows_by_release


@dataclass(frozen=True, slots=True)
class SideObjects:
    """By the paths of the indexes, in their order."""

    indexes: Mapping[str, Index]
    manifests: Mapping[str, ManifestSet]
    edits: tuple[HandEdit, ...]
    digests: Mapping[str, str] = field(default_factory=dict)
    """Of the indexes of those whose files are all as the index says, where somebody asked for it."""


def read_objects(tree: Tree, wanted: ReleaseSelection, kept: ParsedDocuments | None, sides: KeptSides) -> SideObjects:
    """Of all releases that ``wanted`` takes.

    Raises:
        StaleError: an index cannot be read.
        WorldError: a rendered file is gone, or is not valid YAML.
    """
    if sides.used:
        return _not_known(tree, wanted, kept, sides)
    index_of = indexes(tree, wanted)
    files = tree.read(path for index in index_of.values() for path in index.files)
    manifests = {place: _manifests(index, files, kept) for place, index in index_of.items()}
    return SideObjects(index_of, manifests, edits_of(index_of, files, tree.paths(FOLDER), wanted))


def _not_known(tree: Tree, wanted: ReleaseSelection, kept: ParsedDocuments | None, sides: KeptSides) -> SideObjects:
    ids = tree.ids(FOLDER)
    data = tree.read(index_paths(ids, wanted))
    index_of, rows = read_indexes(data, sides.index), rows_by_release(ids)
    own = {place: rows[index.environment, index.release] for place, index in index_of.items()}
    objects = {place: sides.known(own[place], index, data[place]) for place, index in index_of.items()}
    files = tree.read(path for place, index in index_of.items() if objects[place] is None for path in index.files)
    whole = frozenset(place for place, known in objects.items() if known is not None)
    edits = edits_of(index_of, files, ids, wanted, whole)
    manifests: dict[str, ManifestSet] = {}
    for place, index in index_of.items():
        known = objects[place]
        if known is None:
            by_path = _by_path(index, files, kept)
            manifests[place] = ManifestSet.of(one for several in by_path.values() for one in several)
            untouched = not any(True for _ in changed_files(index, files))
            objects[place] = known = sides.keep(own[place], index, data[place], by_path) if untouched else None
        if known is not None:
            known.read = reader(index, tree, kept)
            manifests[place] = known.manifests
    digests = {place: sides.digest(data[place]) for place, known in objects.items() if known is not None}
    return SideObjects(index_of, manifests, edits, digests)


def _manifests(index: Index, files: Mapping[str, bytes], kept: ParsedDocuments | None) -> ManifestSet:
    return ManifestSet.of(one for several in _by_path(index, files, kept).values() for one in several)


def _by_path(index: Index, files: Mapping[str, bytes], kept: ParsedDocuments | None) -> dict[str, Sequence[Resource]]:
    home = (index.inputs.namespace, index.release)
    return {path: tuple(objects_of(path, entry, files, home, kept=kept)) for path, entry in sorted(index.files.items())}
