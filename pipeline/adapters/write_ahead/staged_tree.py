"""The files of a folder that was written before it is known where it shall lie: memory holds not even their names."""

from collections.abc import ItemsView, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.adapters.below import Below
from pipeline.core.safe_path import SafePath


class StagedTree(Mapping[str, bytes]):
    """``name`` is its place in the staging folder ``staging``; both are gone once it was brought into place.

    What is asked for is read from the disk.
    """

    def __init__(self, staging: Path, name: SafePath) -> None:
        self._staging, self.name = staging, name

    def __getitem__(self, path: str) -> bytes:
        try:
            return self._below().read(SafePath(path))
        except FileNotFoundError as error:
            raise KeyError(path) from error

    def __iter__(self) -> Iterator[str]:
        return (found.path for found in self._below().walk())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def items(self) -> ItemsView[str, bytes]:
        """All of it, read at once."""
        whole: dict[Any, Any] = {found.path: data for found, data in self._below().files()}
        return whole.items()

    def _below(self) -> Below:
        return Below(self._staging / self.name)
