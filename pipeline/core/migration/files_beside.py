"""The files beside one that another tool reads, by their paths from its folder."""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class FilesBeside(Protocol):
    """The files beside helmfile.yaml, by their paths from there."""

    def text(self, path: str, /) -> str | None: ...
    def matching(self, pattern: str, /) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class FilesBelow:
    """Files, by their paths from another folder."""

    files: FilesBeside
    inside: str

    def text(self, path: str) -> str | None:
        return self.files.text(joined_path(self.inside, path))

    def matching(self, pattern: str) -> Iterable[str]:
        paths = self.files.matching(joined_path(self.inside, pattern))
        return [posixpath.relpath(path, self.inside or ".") for path in paths]


def joined_path(folder: str, path: str) -> str:
    return posixpath.normpath(f"{folder or '.'}/{path}")
