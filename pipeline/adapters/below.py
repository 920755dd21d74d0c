"""Opens what lies below a folder, and nothing else: one component after the other, and no link is followed unseen.

Names come through core/safe_path.py, so no text leads out; here no link does, whoever puts it there and whenever. A
device or a FIFO is never read, and no file beyond its limit.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pipeline.core.budget import MEBIBYTE, LimitError
from pipeline.core.errors import WorldError
from pipeline.core.safe_path import SafePath, shown

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO without a writer must not hang
_MAYBE_A_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)  # EMLINK: FreeBSD
_MOST_LINKS = 40
_DEEPEST = 256


class LinkError(WorldError):
    """A link where none may be, or one that leads out of the repository; or no file at all but a device or a FIFO."""


class Kind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "device, FIFO or socket"


@dataclass(frozen=True, slots=True)
class Found:
    """Something below a folder. ``path`` is relative to where the search began."""

    path: str
    kind: Kind
    executable: bool = False
    target: str = ""
    """Where a link points, as it says."""


@dataclass(frozen=True, slots=True)
class Below:
    """What lies below ``root``. With ``links``, links are followed that stay below it."""

    root: Path
    links: bool = False

    def read(self, path: SafePath, most: int = 100 * MEBIBYTE) -> bytes:
        """The content of a regular file.

        Raises:
            OSError: it is not there, or cannot be read.
            LinkError: a link on the way that may not be followed, or no regular file.
            LimitError: it is larger than ``most`` bytes.
        """
        with self._opened(path, _FILE) as file:
            return _content(file, path, most)

    def files(self, folder: SafePath | None = None, most: int = 100 * MEBIBYTE) -> Iterator[tuple[Found, bytes]]:
        """All that lies below ``folder`` (None: the root), regular files with their content, in no order.

        Raises:
            LimitError: a file is larger than ``most`` bytes, or folders are nested beyond all reason.
        """
        for found, parent in self._walk(folder):
            if found.kind is Kind.FILE:
                with _handle(os.open(found.path.rpartition("/")[2], _FILE, dir_fd=parent)) as file:
                    yield found, _content(file, found.path, most)
            else:
                yield found, b""

    def is_folder(self, path: SafePath) -> bool:
        """Whether it is one, or a link to one that may be followed.

        Raises:
            LinkError: a link on the way that may not be followed.
        """
        try:
            with self._opened(path, _FOLDER):
                return True
        except OSError:
            return False

    def walk(self, folder: SafePath | None = None) -> Iterator[Found]:
        """All that lies below ``folder`` and is no folder, nothing opened."""
        return (found for found, _ in self._walk(folder))

    def entries(self, folder: SafePath | None = None) -> list[Found]:
        """What lies in ``folder`` itself, folders included, sorted."""
        with self._opened(folder, _FOLDER) as start:
            return sorted(_listed(start), key=lambda found: found.path)

    def _walk(self, folder: SafePath | None) -> Iterator[tuple[Found, int]]:
        try:
            with self._opened(folder, _FOLDER) as start:
                yield from _entries(start, "", 0)
        except (FileNotFoundError, NotADirectoryError):
            return

    @contextmanager
    def _opened(self, path: SafePath | None, flags: int) -> Iterator[int]:
        with ExitStack() as stack:
            folders = [stack.enter_context(_handle(os.open(self.root, _FOLDER & ~os.O_NOFOLLOW)))]
            todo = path.split("/")[::-1] if path is not None else []
            followed = 0
            while todo:
                part = todo.pop()
                if part == "..":
                    folders.pop()
                    if not folders:
                        raise _leads_out(path)
                    continue
                try:
                    opened = os.open(part, _FOLDER if todo else flags, dir_fd=folders[-1])
                except OSError as error:
                    target = _target(part, folders[-1]) if error.errno in _MAYBE_A_LINK else None
                    if target is None:
                        raise
                    followed += 1
                    if target.startswith("/"):
                        folders = folders[:1]
                    todo += self._followed(target, path, followed)[::-1]
                else:
                    folders.append(stack.enter_context(_handle(opened)))
            yield folders[-1]

    def _followed(self, target: str, path: SafePath | None, followed: int) -> list[str]:
        if not self.links:
            raise LinkError(f"{path}: it, or a folder on the way, is a link to {shown(target)}", hint=_REMOVE)
        if followed > _MOST_LINKS:
            raise LinkError(f"{path}: too many links", hint=_REMOVE)
        if target.startswith("/"):
            root = os.path.realpath(self.root)
            if not f"{target}/".startswith(f"{root}/"):
                raise _leads_out(path)
            target = target[len(root) :]
        return [part for part in target.split("/") if part not in ("", ".")]


def read_bounded(path: Path, most: int = 20 * MEBIBYTE) -> bytes:
    """A file that somebody named on the command line, wherever it is; never a device, never without an end.

    A pipe that the shell opened is read, for ``-f <(command)``; a FIFO in a folder may never have a writer.

    Raises:
        OSError: it cannot be read.
        LimitError: it is larger than ``most`` bytes.
    """
    if not (path.is_file() or (path.is_fifo() and path.parts[:2] in (("/", "dev"), ("/", "proc")))):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise LimitError(f"{path}: it is larger than {most // MEBIBYTE} MiB")
    return data


_REMOVE = "remove the link, or put a copy of the file in its place"


def _leads_out(path: str | None) -> LinkError:
    return LinkError(f"{path}: a link leads out of this repository", hint=_REMOVE)


@contextmanager
def _handle(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _target(name: str, folder: int) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return None


def _entries(folder: int, prefix: str, depth: int) -> Iterator[tuple[Found, int]]:
    if depth > _DEEPEST:
        raise LimitError(f"{prefix[:60]}…: folders are nested more than {_DEEPEST} deep")
    for found in _listed(folder):
        if found.kind is Kind.FOLDER:
            with _handle(os.open(found.path, _FOLDER, dir_fd=folder)) as inner:
                yield from _entries(inner, f"{prefix}{found.path}/", depth + 1)
        else:
            yield Found(prefix + found.path, found.kind, found.executable, found.target), folder


def _listed(folder: int) -> list[Found]:
    with os.scandir(folder) as entries:
        return [_found(entry, folder) for entry in entries]


def _found(entry: "os.DirEntry[str]", folder: int) -> Found:
    if entry.is_symlink():
        return Found(entry.name, Kind.LINK, target=_target(entry.name, folder) or "")
    if entry.is_dir(follow_symlinks=False):
        return Found(entry.name, Kind.FOLDER)
    mode = entry.stat(follow_symlinks=False).st_mode
    return Found(entry.name, Kind.FILE if stat.S_ISREG(mode) else Kind.OTHER, bool(mode & stat.S_IXUSR))


def _content(file: int, path: str, most: int) -> bytes:
    about = os.fstat(file)
    if not stat.S_ISREG(about.st_mode):
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        raise LinkError(f"{path}: it is not a regular file but a {Kind.OTHER}", hint="put a file in its place")
    parts, size = [], 0
    while part := os.read(file, min(max(about.st_size - size, 0) + 1, most + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > most:
            raise LimitError(f"{path}: it is larger than {most // MEBIBYTE} MiB", hint="limits: in pipeline.yaml")
    return parts[0] if len(parts) == 1 else b"".join(parts)
