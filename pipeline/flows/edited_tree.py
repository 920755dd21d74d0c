"""A tree of files as it would be after edits that nobody has carried out."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.core.render.file_edits import Edits
from pipeline.core.render.file_tree import Tree


@dataclass(frozen=True, slots=True)
class EditedTree:
    """``changed`` maps a path to its new content, None where it is removed. A replaced folder holds nothing else."""

    base: Tree
    changed: Mapping[str, bytes | None] = field(hash=False)

    @classmethod
    def of(cls, base: Tree, every_edit: Iterable[Edits]) -> "EditedTree":
        """``base`` after ``every_edit``, one after the other."""
        changed: dict[str, bytes | None] = {}
        for edits in every_edit:
            for gone in (*edits.removed, *edits.trees):
                changed |= dict.fromkeys([gone, *base.paths(gone)])
                changed |= dict.fromkeys(path for path in changed if path.startswith(f"{gone}/"))
            changed |= {f"{top}/{path}": data for top, tree in edits.trees.items() for path, data in tree.items()}
            changed |= edits.files
        return cls(base, changed)

    def ids(self, prefix: str) -> Mapping[str, str]:
        """Of a changed file: the digest of its content, which is equal for equal bytes on two such trees."""
        untouched = {path: known for path, known in self.base.ids(prefix).items() if path not in self.changed}
        new = {path: hashlib.sha256(data).hexdigest() for path, data in self._below(prefix).items()}
        return dict(sorted({**untouched, **new}.items()))

    def paths(self, prefix: str) -> Iterable[str]:
        untouched = [path for path in self.base.paths(prefix) if path not in self.changed]
        return sorted([*untouched, *self._below(prefix)])

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        wanted = list(paths)
        old = self.base.read(path for path in wanted if path not in self.changed)
        contents = {path: self.changed.get(path, old.get(path)) for path in wanted}
        return {path: data for path, data in contents.items() if data is not None}

    def _below(self, prefix: str) -> dict[str, bytes]:
        inside = (path for path in self.changed if not prefix or path == prefix or path.startswith(f"{prefix}/"))
        return {path: data for path in inside if (data := self.changed[path]) is not None}
