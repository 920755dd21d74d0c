"""Secret values that a commit's rendered tree does not contain in plain text, as far as they appear elsewhere in it.

With ``secrets: {rendered: omit}`` or ``sops`` the tree does not show what a Secret contains. Its indexes name the
places where a render copied such a value to, and the values that it takes: what is there is secret.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.core.kube.resource import mapping
from pipeline.core.redaction.copied import Copied
from pipeline.core.redaction.copies import texts_at, values_at
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.rendered_tree import Index, digest
from pipeline.core.yaml.reader import YamlError, load
from pipeline.flows.committed import ReleaseSelection, indexes, parsed


@dataclass(frozen=True, slots=True)
class HiddenValues:
    """``texts`` are what stands at ``places``, and in the values files, now; others may have stood there before."""

    texts: tuple[str, ...] = ()
    places: tuple[Copied, ...] = ()

    def __add__(self, other: "HiddenValues") -> "HiddenValues":
        return HiddenValues((*self.texts, *other.texts), (*self.places, *other.places))


NOTHING_HIDDEN = HiddenValues()


def hidden_values(tree: Tree, wanted: ReleaseSelection) -> HiddenValues:
    """Each text once, sorted. Raises StaleError where an index cannot be read."""
    hidden: set[str] = set()
    places: list[Copied] = []
    for index in indexes(tree, wanted).values():
        hidden |= {*_copied(tree, index), *_set_by_people(tree, index)}
        places += index.notes.copies.places
    return HiddenValues(tuple(sorted(hidden)), tuple(places))


def _copied(tree: Tree, index: Index) -> Iterator[str]:
    places = index.notes.copies.places
    if not places:
        return
    for path, data in tree.read(index.files).items():
        for resource in parsed(path, data, index.inputs.namespace, index.release).resources:
            yield from texts_at(resource, places)


def _set_by_people(tree: Tree, index: Index) -> Iterator[str]:
    """From the values files as they were rendered; one that has changed since is not what made the tree."""
    paths = index.notes.copies.values
    if not paths:
        return
    contents = tree.read(index.inputs.values)
    for file, known in index.inputs.values.items():
        data = contents.get(file, b"")
        if digest(data) == known:
            try:
                yield from values_at(mapping(load(data.decode(errors="replace"))), paths)
            except YamlError:
                continue
