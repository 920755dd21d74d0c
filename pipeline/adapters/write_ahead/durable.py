"""Flushes what was written to the disk, with as few waits as possible."""

import ctypes
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from pipeline.adapters.open_folder import OpenFolder
from pipeline.core.safe_path import SafePath

FEW = 8
"""So many files are flushed one by one. More are flushed as one file system: 19,000 small ones take 58 s one by one."""


def write_whole(path: Path, data: bytes, *, flush: bool = True) -> None:
    """Beside the target first, then renamed: a reader finds all of it or what was there, also after a power cut."""
    staged = staged_name(path)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if flush:
            os.fsync(file.fileno())
    staged.replace(path)
    if flush:
        flush_folder(path.parent)


def staged_name(path: Path) -> Path:
    """Where ``write_whole`` writes first, and may be killed."""
    return path.with_name(f"{path.name}.new")


def flush_below(root: OpenFolder, folders: Collection[str], files: Collection[SafePath] = ()) -> None:
    """The files, and the folders in which names changed; ``root`` itself is the empty one. Raises OSError."""
    if len(files) > FEW or len(folders) > FEW:
        _flush_file_system(root.descriptor)
        return
    for file in files:
        root.flush(file)
    for folder in folders:  # not every file system takes that, and those need it not; some may be gone
        with suppress(OSError):
            root.flush(SafePath(folder) if folder else None)


def flush_folder(folder: Path) -> None:
    """Renames in a folder last once the folder is flushed. Not every file system takes that, and those need it not."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _flush_file_system(descriptor: int) -> None:
    """syncfs(2) where the system has it. Python has no call of its own for it."""
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        os.sync()
    elif library.syncfs(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
