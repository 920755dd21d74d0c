"""The digests of files that were read before, told by what the file system says of them, without reading them again.

A file is the same where size, modification and change time and inode are. As in Git's index, one that was changed just
before it was read is not trusted: it could change again within the same tick of the clock (Git: racy-git.txt).
"""

import hashlib
import os
import time
from pathlib import Path

import orjson

from pipeline.adapters.below import Below
from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.descriptors import FILE, FileKind, Found, content, handle
from pipeline.adapters.user_folders import cache_folder
from pipeline.core.budget import MEBIBYTE
from pipeline.core.safe_path import SafePath

_MOST_FILES = 200
_TICK = 50_000_000
"""Nanoseconds that a file's time may lag behind."""
_COARSE = 2_000_000_000
"""The same where the file system counts whole seconds (FAT: every other one)."""
_SECOND = 1_000_000_000
_MOST = 100 * MEBIBYTE


class FileDigests:
    """SHA-256 of the files below folders of ``root``, in hex."""

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        self._root = root
        self._cache = Cache(folder or cache_folder("files"), "1", _MOST_FILES)

    def below(self, folder: str) -> list[tuple[Found, str]]:
        """Everything below ``folder`` except folders, with the digest of regular files, by paths below it."""
        key = f"{self._root.resolve()}\0{folder}"
        known = self._read(key)
        now: dict[str, list[int | str]] = {}
        entries = []
        fresh = False
        for one, parent in Below(self._root)._walk(SafePath(folder)):  # noqa: SLF001 - the walk with its descriptors
            digest = ""
            if one.kind is FileKind.FILE:
                entry = known.get(one.path)
                stamp = list(one.stamp)
                if entry is not None and entry[:4] == stamp:
                    digest = str(entry[4])
                    now[one.path] = entry
                else:
                    fresh = True
                    digest, settled = _digest(one, parent)
                    if settled:
                        now[one.path] = [*stamp, digest]
            entries.append((one, digest))
        if fresh or now.keys() != known.keys():
            self._cache.put(key, orjson.dumps(now))
        return entries

    def _read(self, key: str) -> dict[str, list[int | str]]:
        raw = self._cache.get(key)
        try:
            stamps = orjson.loads(raw) if raw is not None else {}
        except orjson.JSONDecodeError:
            return {}
        return stamps if isinstance(stamps, dict) else {}


def _digest(entry: Found, parent: int) -> tuple[str, bool]:
    """And whether what was read is what the stamp stands for from now on."""
    begun = time.time_ns()
    with handle(os.open(entry.path.rpartition("/")[2], FILE, dir_fd=parent)) as file:
        data = content(file, entry.path, _MOST)
        after = os.fstat(file)
    same = entry.stamp == (after.st_size, after.st_mtime_ns, after.st_ctime_ns, after.st_ino)
    modified, changed = after.st_mtime_ns, after.st_ctime_ns
    settled = max(modified, changed) + lag(modified, changed) < begun
    return hashlib.sha256(data).hexdigest(), same and settled


def lag(modified: int, changed: int) -> int:
    """The nanoseconds that must have gone by since these times before they stand for a content."""
    return _COARSE if modified % _SECOND == 0 and changed % _SECOND == 0 else _TICK
