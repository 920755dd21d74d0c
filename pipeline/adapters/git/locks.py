"""The lock of Git's index: taken as Git takes it; if another process holds it, the error states its age."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.errors import WorldError

_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.05
_SETTLED_SECONDS = 1.0
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def lock_of(index: Path) -> Path:
    return index.with_name(f"{index.name}.lock")


def wait_until_free(index: Path, top: Path) -> None:
    """Return as soon as no one holds the index.

    Raises:
        WorldError: its lock stays; the lock, its age and the way out are named.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    while (age := _age(lock_of(index))) is not None:
        if time.monotonic() > end:
            raise _stale(lock_of(index), age, top)
        time.sleep(_POLL_SECONDS)


@contextmanager
def locked(index: Path, top: Path, following: Path) -> Iterator[None]:
    """Holds the index during the block, in which ``following`` becomes it. Git creates the same file for that.

    From its first moment it says whose it is: adapters/git/killed_commit.py removes it where that run was killed.

    Raises:
        WorldError: somebody else holds it.
        OSError: the disk refused.
    """
    end = time.monotonic() + _PATIENCE_SECONDS
    path, own = lock_of(index), following.with_name("lock")
    own.write_bytes(_mark(following))
    while True:
        try:
            path.hardlink_to(own)
            break
        except FileExistsError:
            if time.monotonic() > end:
                raise _stale(path, _age(path) or 0, top) from None
            time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def remove_own(index: Path, following: Path) -> None:
    """The lock that a killed run left. Raises OSError."""
    path = lock_of(index)
    if path.exists() and path.read_bytes() == _mark(following):
        path.unlink()


def remove_if_left(file: Path, since: float) -> None:
    """The lock of ``file``, where it was made after ``since`` (seconds since 1970) and does not go. Raises OSError."""
    path = lock_of(file)
    if not path.exists() or path.stat().st_mtime < since - 1:
        return
    seen = path.stat()
    time.sleep(max(0.0, seen.st_mtime + _SETTLED_SECONDS - time.time()))
    if path.exists() and path.stat().st_ino == seen.st_ino:
        path.unlink()


def _mark(following: Path) -> bytes:
    return b"held by pipeline commit for " + bytes(following)


def _age(path: Path) -> float | None:
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return None


def _stale(path: Path, age: float, top: Path) -> WorldError:
    hint = f"let that run end; if no Git runs in {top} (pgrep -a git), rm {path}"
    return WorldError(f"another Git process has locked the index: {path} is {told(age)} old", hint=hint)


def told(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h``, ``2 days``."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days"
