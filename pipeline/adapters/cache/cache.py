"""The only cache between runs: private entries by key, each with a digest of its whole content.

The digest is over kind, version, key and content. An entry that is damaged, of another version, under another name, or
not the user's own is silently deleted and computed again: this costs time, but never changes a result. Whoever can
write as this user can also write a digest; the cache does not protect against its owner.

No entry may hold a secret: each kind says why it has none.
"""

import hashlib
import hmac
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipeline.adapters.user_folders import make_private, narrow

_HEAD = b"pipeline-cache/1 "
_HEAD_LENGTH = len(_HEAD) + 64 + 1
_LARGEST = 64_000_000
"""Bytes; nothing larger was ever kept."""
_READABLE, _WRITABLE = 0o055, 0o022
"""By others."""
_LARGEST_FOLDER = 500_000_000
"""Bytes of all entries of one kind."""
_SOME = 50
"""After so many more it is seen to that there are not too many: to look through them costs more than to write one."""


_OLDEST = 60 * 24 * 3600
"""Seconds; what was not used for so long goes."""
_TOUCHED = 24 * 3600
"""Seconds; an entry that is used is marked as such once in so many."""


class CacheUse:
    """Whether anything is kept and read in this run: ``--no-cache`` says that it is not."""

    wanted = True


class Cache:
    """Entries of one kind in one folder. Any number of processes may use it at once."""

    def __init__(self, folder: Path, version: str, most: int) -> None:
        """``version`` is that of what the entries mean; ``most`` entries stay, the newest."""
        self._folder, self._version, self._most = folder, version, most
        self._puts, self._asked = 0, False

    def get(self, key: str) -> bytes | None:
        """The content; None where there is none that can be trusted."""
        if not self._asked:
            self._asked = True
            narrow(self._folder)
        file = self._file(key)
        raw = _read(file) if CacheUse.wanted else None
        if raw is None:
            return None
        content = raw[_HEAD_LENGTH:]
        if hmac.compare_digest(raw[:_HEAD_LENGTH], self._head(key, content)):
            with suppress(OSError):
                if time.time() - file.lstat().st_mtime > _TOUCHED:
                    os.utime(file, follow_symlinks=False)
            return content
        self._drop(file)
        return None

    def put(self, key: str, content: bytes) -> None:
        """Keep it, whole or not at all. What cannot be written is not kept."""
        if not CacheUse.wanted:
            return
        file = self._file(key)
        staged = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            make_private(self._folder)
            with suppress(FileNotFoundError):  # of a process of that number that died
                staged.unlink()
            with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
                out.write(self._head(key, content) + content)
            staged.replace(file)
        except OSError:  # a full disk, a folder that is not ours, a home that cannot be written
            with suppress(OSError):
                staged.unlink()
            return
        if self._puts % _SOME == 0:
            self._keep_newest()
        self._puts += 1

    def _head(self, key: str, content: bytes) -> bytes:
        digest = hashlib.sha256()
        for part in (self._folder.name.encode(), self._version.encode(), key.encode("utf-8", "surrogatepass")):
            digest.update(b"%d:%b" % (len(part), part))
        digest.update(content)
        return _HEAD + digest.hexdigest().encode() + b"\n"

    def _file(self, key: str) -> Path:
        named = f"{self._version}\0{key}".encode("utf-8", "surrogatepass")
        return self._folder / hashlib.sha256(named).hexdigest()

    def _keep_newest(self) -> None:
        with suppress(OSError):
            now = time.time()
            ages = sorted((now - about.st_mtime, file, about) for file, about in self._entries())
            room = _LARGEST_FOLDER
            for number, (age, file, about) in enumerate(ages):
                room -= about.st_size
                if number >= self._most or age > _OLDEST or room < 0:
                    self._drop(file)
                elif stat.S_ISREG(about.st_mode) and about.st_mode & (_READABLE | _WRITABLE):
                    file.chmod(0o600)

    def _entries(self) -> Iterator[tuple[Path, os.stat_result]]:
        for file in self._folder.iterdir():
            with suppress(FileNotFoundError):  # another run has dropped it
                yield file, file.lstat()

    @staticmethod
    def _drop(file: Path) -> None:
        with suppress(OSError):
            file.unlink()


def _read(file: Path) -> bytes | None:
    """A regular file of this user's, through no link; None for anything else."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or status.st_size > _LARGEST:
            return None
        if status.st_mode & _WRITABLE:  # others may have made it, digest and all
            return None
        if status.st_mode & _READABLE:
            os.fchmod(handle, 0o600)
        with os.fdopen(handle, "rb", closefd=False) as opened:
            return opened.read(_LARGEST)
    except OSError:  # a disk that fails
        return None
    finally:
        os.close(handle)
