"""The digest of a folder that was read before, told by one look at what the file system says of everything in it.

The rule is that of file_digests.py: a folder is the same where size, modes, times and inodes of all its files are, and
one that was changed just before it was read is not trusted.
"""

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.adapters.below import Below
from pipeline.adapters.cache.cache import Cache
from pipeline.adapters.cache.file_digests import lag
from pipeline.adapters.descriptors import FOLDER, handle
from pipeline.adapters.user_folders import cache_folder
from pipeline.core.budget import LimitError
from pipeline.core.safe_path import SafePath

_MOST_FOLDERS = 5_000
_DEEPEST = 256
_DIGITS = 64


class TreeDigests:
    """Of folders below ``root``."""

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        self._root = root
        self._cache = Cache(folder or cache_folder("trees"), "1", _MOST_FOLDERS)

    def of(self, folder: str, also: str, read: Callable[[], str]) -> str:
        """What ``read`` said when the folder was as it is now; it is asked where that is not known.

        ``also`` is what else the digest depends on.
        """
        begun = time.time_ns()
        stamp, settled = self._stamp(folder, also)
        key = f"{self._root.resolve()}\0{folder}"
        known = (self._cache.get(key) or b"").decode("ascii", "replace")
        if known[:_DIGITS] == stamp:
            return known[_DIGITS:]
        digest = read()
        if settled < begun and self._stamp(folder, also) == (stamp, settled):
            self._cache.put(key, f"{stamp}{digest}".encode())
        return digest

    def _stamp(self, folder: str, also: str) -> tuple[str, int]:
        """A digest of what the file system says, and from when on (ns) it stands for the content."""
        rows, settled = list[str](), 0
        try:
            with Below(self._root)._opened(SafePath(folder), FOLDER) as opened:  # noqa: SLF001 - through no link
                settled = _look(opened, "", rows, 0)
        except (FileNotFoundError, NotADirectoryError):
            settled = time.time_ns() * 2  # what is not there is not kept
        rows.sort()
        text = "\0".join([also, *rows]).encode("utf-8", "surrogateescape")
        return hashlib.sha256(text).hexdigest(), settled


def _look(folder: int, prefix: str, rows: list[str], depth: int) -> int:
    if depth > _DEEPEST:
        raise LimitError(f"{prefix[:60]}…: folders are nested more than {_DEEPEST} deep")
    settled, inner = 0, []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry.name)
                continue
            about = entry.stat(follow_symlinks=False)
            modified, changed = about.st_mtime_ns, about.st_ctime_ns
            rows.append(f"{prefix}{entry.name}\0{about.st_mode} {about.st_size} {modified} {changed} {about.st_ino}")
            settled = max(settled, max(modified, changed) + lag(modified, changed))
    for name in inner:
        with handle(os.open(name, FOLDER, dir_fd=folder)) as below:
            settled = max(settled, _look(below, f"{prefix}{name}/", rows, depth + 1))
    return settled
