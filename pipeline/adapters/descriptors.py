"""Opens files and folders relative to an open folder's descriptor, so that no link is ever followed."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.budget import MEBIBYTE, LimitError
from pipeline.core.errors import WorldError

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO without a writer must not hang
MAYBE_A_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)  # EMLINK: FreeBSD
_DEEPEST = 256


class LinkError(WorldError):
    """A link where none may be, or one that leads out of the repository; or no file at all but a device or a FIFO."""


class FileKind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "device, FIFO or socket"


@dataclass(frozen=True, slots=True)
class Found:
    """Something below a folder. ``path`` is relative to where the search began."""

    path: str
    kind: FileKind
    executable: bool = False
    target: str = ""
    """Where a link points, as it says."""
    stamp: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Of a file: its size, when it was modified and changed (ns), and its inode."""


@contextmanager
def handle(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def link_target(name: str, folder: int) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return None


def entries(folder: int, prefix: str, skip: frozenset[str], depth: int) -> Iterator[tuple[Found, int]]:
    if depth > _DEEPEST:
        raise LimitError(f"{prefix[:60]}…: folders are nested more than {_DEEPEST} deep")
    for entry in listed(folder):
        if entry.kind is FileKind.FOLDER:
            if entry.path in skip:
                continue
            with handle(os.open(entry.path, FOLDER, dir_fd=folder)) as inner:
                yield from entries(inner, f"{prefix}{entry.path}/", skip, depth + 1)
        else:
            yield Found(prefix + entry.path, entry.kind, entry.executable, entry.target, entry.stamp), folder


def listed(folder: int) -> list[Found]:
    with os.scandir(folder) as entries:
        return [_found(entry, folder) for entry in entries]


def _found(entry: "os.DirEntry[str]", folder: int) -> Found:
    if entry.is_symlink():
        return Found(entry.name, FileKind.LINK, target=link_target(entry.name, folder) or "")
    if entry.is_dir(follow_symlinks=False):
        return Found(entry.name, FileKind.FOLDER)
    about = entry.stat(follow_symlinks=False)
    mode, stamp = about.st_mode, (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino)
    kind = FileKind.FILE if stat.S_ISREG(mode) else FileKind.OTHER
    return Found(entry.name, kind, bool(mode & stat.S_IXUSR), stamp=stamp)


def content_if_file(path: str, folder: int, most: int) -> bytes | None:
    try:
        with handle(os.open(path.rpartition("/")[2], FILE, dir_fd=folder)) as file:
            return content(file, path, most)
    except IsADirectoryError:
        return None
    except OSError as error:
        if error.errno in (errno.ENOENT, *MAYBE_A_LINK):
            return None
        raise


def content(file: int, path: str, most: int) -> bytes:
    about = os.fstat(file)
    if not stat.S_ISREG(about.st_mode):
        if stat.S_ISDIR(about.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        raise LinkError(f"{path}: it is not a regular file but a {FileKind.OTHER}", hint="put a file in its place")
    parts, size = [], 0
    while part := os.read(file, min(max(about.st_size - size, 0) + 1, most + 1 - size)):
        parts.append(part)
        size += len(part)
        if size > most:
            raise LimitError(f"{path}: it is larger than {most // MEBIBYTE} MiB", hint="limits: in pipeline.yaml")
    return parts[0] if len(parts) == 1 else b"".join(parts)
