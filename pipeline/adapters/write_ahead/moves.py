"""Renames staged files into place, and back. Each step is idempotent: it looks first at what is there.

A file in the staging folder is named by the number of its move: ``12`` is what shall come into place, ``12.old`` what
was there. Both are renamed, never copied, so that at any moment each content is in exactly one of its two places.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.adapters.open_folder import OpenFolder
from pipeline.core.safe_path import SafePath

KIND = "files"


@dataclass(frozen=True, slots=True)
class Move:
    """``target`` is relative to the root, with ``/``. ``staged``: something comes; ``had``: something was there."""

    target: SafePath
    staged: bool
    had: bool


@dataclass(frozen=True, slots=True)
class Staged:
    """Moves below ``root``, and the folder in it that holds what comes and what was."""

    root: OpenFolder
    folder: OpenFolder
    moves: Sequence[Move]

    def forward(self) -> None:
        """Bring everything into place. Raises OSError, and LinkError where a folder on the way is a link."""
        for number, move in enumerate(self.moves):
            new, old = _names(number)
            if move.staged and not self.folder.is_there(new):
                continue
            if self.root.is_there(move.target):
                if self.folder.is_there(old):
                    self.root.remove(move.target)
                else:
                    self.root.move(move.target, self.folder, old)
            if move.staged:
                self.folder.move(new, self.root, move.target)
        remove_empty_folders((move.target for move in self.moves if not move.staged), self.root)

    def backward(self) -> None:
        """Bring back everything that was there. Raises as ``forward`` does."""
        for number, move in reversed(list(enumerate(self.moves))):
            new, old = _names(number)
            came = move.staged and not self.folder.is_there(new) and (not move.had or self.folder.is_there(old))
            if came and self.root.is_there(move.target):
                self.root.move(move.target, self.folder, new)
            if self.folder.is_there(old):
                self.folder.move(old, self.root, move.target)
        remove_empty_folders((move.target for move in self.moves), self.root)

    def folders(self) -> set[str]:
        """Those in which a name changed, below the root; it itself is the empty one."""
        return {move.target.rpartition("/")[0] for move in self.moves}


def to_data(moves: Iterable[Move]) -> list[list[object]]:
    return [[move.target, move.staged, move.had] for move in moves]


def from_data(rows: Iterable[Sequence[object]]) -> tuple[Move, ...]:
    """Raises ValueError where a row is none of ours, and UnsafePathError where one leads out of the root."""
    return tuple(Move(SafePath(str(target)), bool(staged), bool(had)) for target, staged, had in rows)


def remove_empty_folders(paths: Iterable[SafePath], root: OpenFolder) -> None:
    """Those that ``paths`` are in and what is above them, up to the root, as far as nothing is in them."""
    folders = {path.rpartition("/")[0] for path in paths}
    for folder in sorted(folders, key=lambda path: -path.count("/")):
        here = folder
        while here and root.remove_if_empty(SafePath(here)):
            here = here.rpartition("/")[0]


def _names(number: int) -> tuple[SafePath, SafePath]:
    return SafePath(str(number)), SafePath(f"{number}.old")
