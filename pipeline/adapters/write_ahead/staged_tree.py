"""The files of a folder that was written before it is known where it shall lie: memory holds not even their names."""

from collections.abc import ItemsView, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.adapters.below import Below
from pipeline.core.safe_path import SafePath


class StagedTree(Mapping[str, bytes]):
    """``place`` is where they lie below ``root``, in the staging folder: nowhere any more once they were brought.

    What is asked for is read from the disk.
    """

    def __init__(self, root: Path, place: SafePath) -> None:
        self._below, self.place = Below(root), place

    def __getitem__(self, path: str) -> bytes:
        try:
            return self._below.read(SafePath.of(self.place, path))
        except FileNotFoundError as error:
            raise KeyError(path) from error

    def __iter__(self) -> Iterator[str]:
        return (one.path for one in self._below.walk(self.place))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    def items(self) -> ItemsView[str, bytes]:
        """All of it, read at once."""
        whole: dict[Any, Any] = {one.path: data for one, data in self._below.files(self.place)}
        return whole.items()
