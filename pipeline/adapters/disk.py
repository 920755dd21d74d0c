"""The repository's folder on disk: reads files, and writes edits all or nothing.

Everything new is first staged beside its target on the same file system and flushed; then it is renamed into place.
Whatever goes wrong in between (a full disk, Ctrl-C), the renames are undone and the tree is as it was.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pipeline.adapters.below import Below, Found, Kind
from pipeline.adapters.inputs import read_inputs
from pipeline.core.budget import MEBIBYTE, InputLimits
from pipeline.core.charts.chart import VendoredTree
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.errors import WorldError
from pipeline.core.render.file_edits import Edits
from pipeline.core.safe_path import SafePath, shown

STAGING = ".pipeline-staging-"


class Disk:
    """The files below ``root``. Paths are relative to it, with ``/``; none may lead out of it."""

    def __init__(self, root: Path, limits: InputLimits | None = None) -> None:
        self.root = root
        self._limits = limits or InputLimits()
        self._below = Below(root, links=True)

    def read(self, path: str) -> bytes | None:
        """A file's content, None where there is no such file. A link is followed where it stays in the repository.

        Raises:
            WorldError: it cannot be read: a link that leads out, a device, larger than ``limits.inputs`` allows.
        """
        try:
            return self._below.read(SafePath(path), self._limits.mib * MEBIBYTE)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise WorldError(f"{path}: {(error.strerror or str(error)).lower()}") from error

    def read_text(self, path: str) -> str | None:
        """A file's text, None where there is no such file.

        Raises:
            WorldError: it cannot be read, or is not UTF-8.
        """
        data = self.read(path)
        try:
            return None if data is None else data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WorldError(f"{path}: it is not UTF-8") from error

    def tree(self, folder: str) -> dict[str, bytes]:
        """Every file below ``folder`` by its path there; empty where there is none. A link is no file of ours."""
        found = self._below.files(SafePath(folder))
        return dict(sorted((one.path, data) for one, data in found if one.kind is Kind.FILE))

    def inputs(self, folder: str) -> dict[str, bytes]:
        """Every file below ``folder`` that people wrote: links are followed where they stay in the repository.

        Raises:
            WorldError: a link leads out, something is no file, or there is more than ``limits.inputs`` allows.
        """
        return read_inputs(self._below, SafePath(folder), self._limits)

    def vendored(self, folder: str) -> VendoredTree:
        """A vendored chart as it lies there, with all that ``pipeline vendor`` never writes."""
        found = sorted(Below(self.root).files(SafePath(folder)), key=lambda pair: pair[0].path)
        files = {one.path: data for one, data in found if one.kind is Kind.FILE}
        return VendoredTree(files, {one.path: why for one, _ in found if (why := self._strange(one))})

    def _strange(self, found: Found) -> str:
        if found.kind is not Kind.FILE:
            return f"is a link to {shown(found.target)}" if found.kind is Kind.LINK else f"is a {found.kind}"
        # Where the lock itself is executable, the file system knows no modes, and every file there seems to be.
        return "is executable" if found.executable and not os.access(self.root / LOCK, os.X_OK) else ""

    def paths(self, folder: str) -> list[str]:
        """Every file below ``folder``, by its path from the root, sorted."""
        found = self._below.walk(SafePath(folder))
        return sorted(f"{folder}/{one.path}" for one in found if one.kind is Kind.FILE)

    def differing(self, edits: Edits) -> tuple[str, ...]:
        """What ``carry_out`` would change, sorted."""
        trees = (folder for folder, files in edits.trees.items() if self.vendored(folder) != VendoredTree(files))
        files = (path for path, data in edits.files.items() if self.read(path) != data)
        gone = (path for path in edits.removed if self._inside(path).exists())
        return tuple(sorted({*trees, *files, *gone}))

    def carry_out(self, edits: Edits) -> tuple[str, ...]:
        """Write what differs; the paths that changed, sorted.

        Raises:
            WorldError: the disk refused. Nothing has changed then.
        """
        journal = _Journal(self.root)
        try:
            for folder, files in sorted(edits.trees.items()):
                if self.vendored(folder) != VendoredTree(files):
                    journal.stage_tree(self._inside(folder), files)
            for path, data in sorted(edits.files.items()):
                if self.read(path) != data:
                    journal.stage_file(self._inside(path), data)
            for path in edits.removed:
                journal.stage_removal(self._inside(path))
            journal.commit()
        except OSError as error:
            where = error.filename or str(self.root)
            raise WorldError(f"{where}: {(error.strerror or str(error)).lower()}; nothing was changed") from error
        finally:
            journal.close()
        return tuple(sorted(path.relative_to(self.root).as_posix() for path in journal.changed))

    def _inside(self, path: str) -> Path:
        target = self.root / SafePath(path)
        if not target.parent.resolve().is_relative_to(self.root.resolve()):
            raise WorldError(f"{path}: a folder on the way is a link out of the repository", hint="remove the link")
        return target


class _Journal:
    """Staged content, and the renames done so far: each can be undone."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._staging: Path | None = None
        self._places = 0
        self._wanted: list[tuple[Path, Path | None]] = []
        self._undo: list[tuple[Path, Path]] = []
        self.changed: list[Path] = []

    def stage_tree(self, target: Path, files: Mapping[str, bytes]) -> None:
        staged = self._new_place()
        staged.mkdir()
        for name, data in sorted(files.items()):
            path = staged / SafePath(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, data)
        self._wanted.append((target, staged))

    def stage_file(self, target: Path, data: bytes) -> None:
        staged = self._new_place()
        _write(staged, data)
        if target.is_file():
            shutil.copymode(target, staged)
        self._wanted.append((target, staged))

    def stage_removal(self, target: Path) -> None:
        if target.is_symlink() or target.exists():
            self._wanted.append((target, None))

    def commit(self) -> None:
        """All renames, or none: BaseException, because Ctrl-C may come between any two of them."""
        try:
            for target, staged in self._wanted:
                self._replace(target, staged)
        except BaseException:
            self._roll_back()
            raise
        self.changed = [target for target, _ in self._wanted]
        _remove_empty_folders({target.parent for target, staged in self._wanted if staged is None}, self._root)

    def close(self) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)

    def _replace(self, target: Path, staged: Path | None) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink() or target.exists():
            old = self._new_place()
            self._undo.append((old, target))
            target.rename(old)
        if staged is not None:
            self._undo.append((target, staged))
            staged.rename(target)

    def _roll_back(self) -> None:
        for source, destination in reversed(self._undo):
            if source.is_symlink() or source.exists():  # the very rename that failed was not done
                source.rename(destination)
        _remove_empty_folders({target.parent for target, _ in self._wanted}, self._root)

    def _new_place(self) -> Path:
        if self._staging is None:
            self._staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=self._root))
        self._places += 1
        return self._staging / str(self._places)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _remove_empty_folders(folders: set[Path], root: Path) -> None:
    """``folders`` and what is above them, up to the root, as far as nothing is in them."""
    for folder in sorted(folders, key=lambda path: -len(path.parts)):
        here = folder
        while here != root and root in here.parents:
            try:
                here.rmdir()
            except OSError:
                break
            here = here.parent
