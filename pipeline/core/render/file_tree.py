"""A tree of files from any place: the work tree, a Git revision, a directory of rendered manifests."""

from collections.abc import Iterable, Mapping
from typing import Protocol


class Tree(Protocol):
    """Paths are relative, with ``/`` between their parts."""

    def ids(self, prefix: str) -> Mapping[str, str]:
        """Every file at or below ``prefix`` with an id of its content: equal ids mean equal bytes."""
        ...

    def paths(self, prefix: str) -> Iterable[str]:
        """The same files without a look at their content."""
        ...

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """The content of each path that exists; a path that does not is left out."""
        ...
