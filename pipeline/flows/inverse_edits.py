"""The edits that undo other edits."""

from collections.abc import Sequence
from typing import Protocol

from pipeline.core.charts.chart import VendoredTree
from pipeline.core.render.file_edits import Edits


class Written(Protocol):
    """What lies on disk before the edits."""

    def read(self, path: str, /) -> bytes | None: ...
    def vendored(self, folder: str, /) -> VendoredTree: ...
    def paths(self, folder: str, /) -> Sequence[str]: ...


def inverse(edits: Edits, before: Written) -> Edits:
    """What brings everything that ``edits`` touches back to what ``before`` has there."""
    trees = {folder: before.vendored(folder).files for folder in edits.trees}
    files: dict[str, bytes | None] = {path: before.read(path) for path in edits.files}
    for path in edits.removed:
        data = before.read(path)
        files |= {path: data} if data is not None else {inner: before.read(inner) for inner in before.paths(path)}
    gone = [path for path, data in files.items() if data is None] + [
        folder for folder, tree in trees.items() if not tree
    ]
    return Edits(
        {folder: tree for folder, tree in trees.items() if tree},
        {path: data for path, data in files.items() if data is not None},
        tuple(sorted(gone)),
    )
