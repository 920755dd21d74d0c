"""Writes, moves and removes below a folder and nowhere else: component by component, through no link.

What adapters/below.py is for reading. Each folder on the way is opened relative to the one above it, and files are
named relative to the open folder that they are in. So a link that is put in place of a folder, at whatever moment,
leads nowhere: the folder that was opened is used, or the link is refused.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.adapters.descriptors import FILE, FOLDER, MAYBE_A_LINK, LinkError, handle, link_target
from pipeline.core.safe_path import SafePath, shown

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class OpenFolder:
    """An open folder. Paths are relative to it; ``place`` is what errors call it. To be closed.

    Every method raises LinkError where a folder on the way is a link, and OSError where the disk refuses.
    """

    def __init__(self, descriptor: int, place: str) -> None:
        self.descriptor, self._place = descriptor, place
        self._last: tuple[str, int] | None = None
        """The folder that was opened last: what follows is mostly in there."""

    @classmethod
    @contextmanager
    def at(cls, place: str) -> Iterator["OpenFolder"]:
        """The folder itself may be reached through links: whoever runs us chose it."""
        opened = cls(os.open(place, FOLDER & ~os.O_NOFOLLOW), place)
        try:
            yield opened
        finally:
            opened.close()

    def inner(self, name: SafePath, *, mode: int | None = None) -> "OpenFolder":
        """A folder in this one; with ``mode`` it is made where it is missing."""
        with self._named(name):
            if mode is not None:
                _make(name, self.descriptor, mode)
            return OpenFolder(self._step(name, self.descriptor, name), f"{self._place}/{name}")

    def close(self) -> None:
        self._forget()
        os.close(self.descriptor)

    def is_there(self, path: SafePath) -> bool:
        """A link too, wherever it leads."""
        return self._about(path) is not None

    def file_mode(self, path: SafePath) -> int | None:
        """The permissions of a regular file; None for anything else."""
        about = self._about(path)
        return stat.S_IMODE(about.st_mode) if about is not None and stat.S_ISREG(about.st_mode) else None

    def write(self, path: SafePath, data: bytes, mode: int | None = None) -> None:
        """A new file, with the folders on the way; ``mode`` where it shall have another than new files have."""
        folder, name = self._parent(path, make=True)
        with self._named(path), handle(os.open(name, _NEW, 0o666, dir_fd=folder)) as file:
            written = 0
            while written < len(data):  # a file object costs more than the write itself, 10,000 times over
                written += os.write(file, memoryview(data)[written:])
            if mode is not None:
                os.fchmod(file, mode)

    def move(self, path: SafePath, other: "OpenFolder", there: SafePath) -> None:
        """To ``there`` in ``other``, with the folders on the way; an existing file there is replaced."""
        source, name = self._parent(path)
        target, its_name = other._parent(there, make=True)  # noqa: SLF001 - of the same class
        with other._named(there):  # noqa: SLF001 - as above
            os.rename(name, its_name, src_dir_fd=source, dst_dir_fd=target)
        self._forget(path)

    def remove(self, path: SafePath) -> None:
        """A file, a link, or a folder with all that is in it."""
        about = self._about(path)
        folder, name = self._parent(path)
        self._forget(path)
        with self._named(path):
            if about is not None and stat.S_ISDIR(about.st_mode):
                shutil.rmtree(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)

    def remove_if_empty(self, path: SafePath) -> bool:
        """Whether it was an empty folder, and is gone."""
        try:
            folder, name = self._parent(path)
            self._forget(path)
            os.rmdir(name, dir_fd=folder)
        except (OSError, LinkError):
            return False
        return True

    def flush(self, path: SafePath | None) -> None:
        """A file, or a folder; None is this one."""
        if path is None:
            os.fsync(self.descriptor)
            return
        folder, name = self._parent(path)
        with self._named(path), handle(os.open(name, FILE, dir_fd=folder)) as opened:
            os.fsync(opened)

    def _about(self, path: SafePath) -> os.stat_result | None:
        try:
            folder, name = self._parent(path)
            return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _parent(self, path: SafePath, *, make: bool = False) -> tuple[int, str]:
        """The open folder that ``path`` is in, and its name there."""
        above, _, name = path.rpartition("/")
        if not above:
            return self.descriptor, name
        if self._last is None or self._last[0] != above:
            opened = self._way(above, path, make=make)
            self._forget()
            self._last = above, opened
        return self._last[1], name

    def _way(self, above: str, path: SafePath, *, make: bool) -> int:
        here = self.descriptor
        try:
            for part in above.split("/"):
                with self._named(path):
                    following = self._made(part, here, path) if make else self._step(part, here, path)
                if here != self.descriptor:
                    os.close(here)
                here = following
        except BaseException:
            if here != self.descriptor:
                os.close(here)
            raise
        return here

    def _made(self, part: str, folder: int, path: SafePath) -> int:
        try:
            return self._step(part, folder, path)
        except FileNotFoundError:
            _make(part, folder, 0o777)
            return self._step(part, folder, path)

    @staticmethod
    def _step(part: str, folder: int, path: SafePath) -> int:
        try:
            return os.open(part, FOLDER, dir_fd=folder)
        except OSError as error:
            target = link_target(part, folder) if error.errno in MAYBE_A_LINK else None
            if target is None:
                raise
            raise LinkError(f"{path}: a folder on the way is a link to {shown(target)}", hint=_REMOVE) from error

    def _forget(self, path: str = "") -> None:
        """The folder that was opened last; with ``path``, if it is there or below."""
        if self._last is not None and f"{self._last[0]}/".startswith(f"{path}/" if path else ""):
            os.close(self._last[1])
            self._last = None

    @contextmanager
    def _named(self, path: str) -> Iterator[None]:
        """Errors name the whole path, not the last component alone."""
        try:
            yield
        except OSError as error:
            error.filename, error.filename2 = f"{self._place}/{path}", None
            raise


_REMOVE = "remove the link, or put a folder in its place"


def _make(name: str, folder: int, mode: int) -> None:
    try:
        os.mkdir(name, mode, dir_fd=folder)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
