"""Opens files below a folder and nothing outside it: component by component, without following links blindly.

Names pass core/safe_path.py, so no text leads out of the folder. Here, no link does, even one created meanwhile.
Devices, FIFOs and files beyond their size limit are never read.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.descriptors import (
    FILE,
    FOLDER,
    MAYBE_A_LINK,
    FileKind,
    Found,
    LinkError,
    content,
    content_if_file,
    entries,
    handle,
    link_target,
    listed,
)
from pipeline.core.budget import MEBIBYTE, LimitError
from pipeline.core.safe_path import SafePath, shown

_MOST_LINKS = 40


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
        with self._opened(path, FILE) as file:
            return content(file, path, most)

    def read_many(self, paths: Iterable[SafePath], most: int = 100 * MEBIBYTE) -> dict[str, bytes]:
        """The content of those that are regular files; what is not there, or a link itself, is left out."""
        files: dict[str, bytes] = {}
        by_folder: dict[str, list[SafePath]] = {}
        for path in paths:
            by_folder.setdefault(path.rpartition("/")[0], []).append(path)
        for folder, inside in by_folder.items():
            with (
                suppress(FileNotFoundError, NotADirectoryError),
                self._opened(SafePath(folder) if folder else None, FOLDER) as opened,
            ):
                read = ((path, content_if_file(path, opened, most)) for path in inside)
                files |= {str(path): data for path, data in read if data is not None}
        return files

    def files(
        self, folder: SafePath | None = None, most: int = 100 * MEBIBYTE, *, skip: frozenset[str] = frozenset()
    ) -> Iterator[tuple[Found, bytes]]:
        """All that lies below ``folder`` (None: the root), regular files with their content, in no order.

        Folders named as ``skip`` says are left out.

        Raises:
            LimitError: a file is larger than ``most`` bytes, or folders are nested beyond all reason.
        """
        for entry, parent in self._walk(folder, skip):
            if entry.kind is FileKind.FILE:
                with handle(os.open(entry.path.rpartition("/")[2], FILE, dir_fd=parent)) as file:
                    yield entry, content(file, entry.path, most)
            else:
                yield entry, b""

    def is_folder(self, path: SafePath) -> bool:
        """Whether it is one, or a link to one that may be followed.

        Raises:
            LinkError: a link on the way that may not be followed.
        """
        try:
            with self._opened(path, FOLDER):
                return True
        except OSError:
            return False

    def walk(self, folder: SafePath | None = None, *, skip: frozenset[str] = frozenset()) -> Iterator[Found]:
        """All that lies below ``folder`` and is not a folder, nothing opened; not below folders that ``skip`` names."""
        return (entry for entry, _ in self._walk(folder, skip))

    def entries(self, folder: SafePath | None = None) -> list[Found]:
        """What lies in ``folder`` itself, folders included, sorted."""
        with self._opened(folder, FOLDER) as start:
            return sorted(listed(start), key=lambda entry: entry.path)

    def _walk(self, folder: SafePath | None, skip: frozenset[str] = frozenset()) -> Iterator[tuple[Found, int]]:
        try:
            with self._opened(folder, FOLDER) as start:
                yield from entries(start, "", skip, 0)
        except (FileNotFoundError, NotADirectoryError):
            return

    @contextmanager
    def _opened(self, path: SafePath | None, flags: int) -> Iterator[int]:
        with ExitStack() as stack:
            folders = [stack.enter_context(handle(os.open(self.root, FOLDER & ~os.O_NOFOLLOW)))]
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
                    opened = os.open(part, FOLDER if todo else flags, dir_fd=folders[-1])
                except OSError as error:
                    target = link_target(part, folders[-1]) if error.errno in MAYBE_A_LINK else None
                    if target is None:
                        raise
                    followed += 1
                    if target.startswith("/"):
                        folders = folders[:1]
                    todo += self._followed(target, path, followed)[::-1]
                else:
                    folders.append(stack.enter_context(handle(opened)))
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
    if not path.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
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
