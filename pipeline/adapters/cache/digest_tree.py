"""A work tree whose files are told by digests that were made before: what is as it was is not read again."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.adapters.cache.file_digests import FileDigests
from pipeline.adapters.descriptors import FileKind
from pipeline.adapters.git.trees import DirectoryTree


class DigestTree:
    """The folders at its top are looked through once each."""

    def __init__(self, root: Path) -> None:
        self._tree, self._digests = DirectoryTree(root), FileDigests(root)
        self._known: dict[str, Mapping[str, str]] = {}

    def ids(self, prefix: str) -> Mapping[str, str]:
        """SHA-256 of the regular files in or below ``prefix``."""
        top = prefix.partition("/")[0]
        if top not in self._known:
            entries = self._digests.below(top)
            self._known[top] = {f"{top}/{one.path}": known for one, known in entries if one.kind is FileKind.FILE}
        every = self._known[top]
        if prefix == top:
            return every
        return {path: one for path, one in every.items() if path == prefix or path.startswith(f"{prefix}/")}

    def paths(self, prefix: str) -> Iterable[str]:
        return sorted(self.ids(prefix))

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._tree.read(paths)
