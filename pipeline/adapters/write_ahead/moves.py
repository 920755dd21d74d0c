"""Renames staged files into place, and back. Each step is idempotent: it looks first at what is there.

A file in the staging folder is named by the number of its move: ``12`` is what shall come into place, ``12.old`` what
was there. Both are renamed, never copied, so that at any moment each content is in exactly one of its two places.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

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
    """Moves below ``root``, and the folder that holds what comes and what was."""

    root: Path
    folder: Path
    moves: Sequence[Move]

    def forward(self) -> None:
        """Bring everything into place. Raises OSError."""
        for number, move in enumerate(self.moves):
            target, new, old = self.root / move.target, self.folder / str(number), self.folder / f"{number}.old"
            if move.staged and not is_there(new):
                continue
            if is_there(target):
                if is_there(old):
                    _remove(target)
                else:
                    target.rename(old)
            if move.staged:
                target.parent.mkdir(parents=True, exist_ok=True)
                new.rename(target)
        removed = {(self.root / move.target).parent for move in self.moves if not move.staged}
        remove_empty_folders(removed, self.root)

    def backward(self) -> None:
        """Bring back everything that was there. Raises OSError."""
        for number, move in reversed(list(enumerate(self.moves))):
            target, new, old = self.root / move.target, self.folder / str(number), self.folder / f"{number}.old"
            came = move.staged and not is_there(new) and (not move.had or is_there(old))
            if came and is_there(target):
                target.rename(new)
            if is_there(old):
                target.parent.mkdir(parents=True, exist_ok=True)
                old.rename(target)
        remove_empty_folders({(self.root / move.target).parent for move in self.moves}, self.root)

    def folders(self) -> set[Path]:
        """Those in which a name changed, as far as they are there."""
        return {folder for folder in {(self.root / move.target).parent for move in self.moves} if folder.is_dir()}

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def to_data(moves: Iterable[Move]) -> list[list[object]]:
    return [[move.target, move.staged, move.had] for move in moves]


def from_data(rows: Iterable[Sequence[object]]) -> tuple[Move, ...]:
    """Raises ValueError where a row is none of ours, and UnsafePathError where one leads out of the root."""
    return tuple(Move(SafePath(str(target)), bool(staged), bool(had)) for target, staged, had in rows)


def remove_empty_folders(folders: set[Path], root: Path) -> None:
    """``folders`` and what is above them, up to the root, as far as nothing is in them."""
    for folder in sorted(folders, key=lambda path: -len(path.parts)):
        here = folder
        while here != root and root in here.parents:
            try:
                here.rmdir()
            except OSError:
                break
            here = here.parent


def is_there(path: Path) -> bool:
    """A link too, wherever it leads."""
    return os.path.lexists(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
