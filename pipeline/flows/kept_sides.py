"""What earlier runs kept of rendered releases, told by the ids of their files: most need not be read again.

An entry is kept of a release all of whose files are as its index says. Its key is made of the paths and ids of these
files, so that no entry can be out of date; whoever reads a file later holds it against the index's digest.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from pipeline.core.errors import WorldError
from pipeline.core.judge.kept_objects import KeptObjects, SideFacts
from pipeline.core.kube.resource import Resource
from pipeline.core.ports import NOTHING_KEPT, Memory
from pipeline.core.render.file_tree import Tree
from pipeline.core.render.layout import owner
from pipeline.core.render.manifests import ParsedDocuments
from pipeline.core.render.rendered_tree import Index, digest, from_bytes
from pipeline.flows.committed import objects_of

Rows = Sequence[tuple[str, str]]
"""Paths and ids of files, sorted."""


@dataclass(frozen=True, slots=True)
class KeptSides:
    """Of one comparison. What both sides have alike is one and the same."""

    memory: Memory
    _objects: dict[str, KeptObjects] = field(default_factory=dict)
    _indexes: dict[tuple[str, bytes], Index] = field(default_factory=dict)

    @property
    def used(self) -> bool:
        return self.memory is not NOTHING_KEPT

    def index(self, data: bytes, path: str) -> Index:
        """Most are the same on both sides."""
        if (path, data) not in self._indexes:
            self._indexes[path, data] = from_bytes(data, path)
        return self._indexes[path, data]

    def known(self, rows: Rows, index: Index, data: bytes) -> KeptObjects | None:
        """None where nothing was kept of these files."""
        raw = self.memory.get(_key(rows))
        facts = None if raw is None else SideFacts.from_bytes(raw, index)
        return None if facts is None else self._shared(index, facts, {}, data)

    def keep(
        self, rows: Rows, index: Index, data: bytes, by_path: Mapping[str, Sequence[Resource]]
    ) -> KeptObjects | None:
        """Of files that are all as ``index`` says; None where a file is not one object."""
        facts = SideFacts.of(by_path)
        if facts is None:
            return None
        self.memory.put(_key(rows), facts.to_bytes())
        return self._shared(index, facts, {path: several[0] for path, several in by_path.items()}, data)

    def _shared(self, index: Index, facts: SideFacts, resources: Mapping[str, Resource], data: bytes) -> KeptObjects:
        return self._objects.setdefault(self.digest(data), KeptObjects(index, facts, resources))

    def digest(self, data: bytes) -> str:
        """Of an index, whose files are as it says: equal where these are."""
        return digest(data)


def rows_by_release(ids: Mapping[str, str]) -> dict[tuple[str, str], Rows]:
    """The files of each release, its index among them, by environment and release."""
    rows_of: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for path, one in sorted(ids.items()):
        rows_of.setdefault(owner(path), []).append((path, one))
    return dict(rows_of)


def reader(index: Index, tree: Tree, kept: ParsedDocuments | None) -> Callable[[Sequence[str]], Mapping[str, Resource]]:
    """Reads objects of a release, each of which has a file of its own."""

    def read(paths: Sequence[str]) -> Mapping[str, Resource]:
        files, home = tree.read(paths), (index.inputs.namespace, index.release)
        for path in paths:
            if path in files and digest(files[path]) != index.files[path].digest:
                raise WorldError(f"{path} changes while it is read", hint="run the command again")
        return {path: next(iter(objects_of(path, index.files[path], files, home, kept=kept))) for path in paths}

    return read


def _key(rows: Rows) -> str:
    return f"side {hashlib.sha256(orjson.dumps(rows)).hexdigest()}"


NOTHING_KNOWN = KeptSides(NOTHING_KEPT)
