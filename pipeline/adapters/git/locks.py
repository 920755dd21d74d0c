"""The lock of Git's index: taken as Git itself takes it, and named with its age where somebody else has it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.core.errors import WorldError

_PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.05
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def lock_of(index: Path) -> Path:
    return index.with_name(f"{index.name}.lock")


def wait_until_free(index: Path, top: Path, patience: float = _PATIENCE_SECONDS) -> None:
    """Return as soon as nobody holds the index.

    Raises:
        WorldError: its lock stays; the lock, its age and the way out are named.
    """
    end = time.monotonic() + patience
    while (age := _age(lock_of(index))) is not None:
        if time.monotonic() > end:
            raise _stale(lock_of(index), age, top)
        time.sleep(_POLL_SECONDS)


@contextmanager
def locked(index: Path, top: Path, patience: float = _PATIENCE_SECONDS) -> Iterator[os.stat_result]:
    """Holds the index during the block. Git creates the same file for that, and never waits for one that is there.

    Raises:
        WorldError: somebody else holds it, or the disk refused.
    """
    end = time.monotonic() + patience
    path = lock_of(index)
    while True:
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            break
        except FileExistsError:
            if time.monotonic() > end:
                raise _stale(path, _age(path) or 0, top) from None
            time.sleep(_POLL_SECONDS)
        except OSError as error:
            raise WorldError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    try:
        yield os.fstat(file)
    finally:
        os.close(file)
        path.unlink(missing_ok=True)


def _age(path: Path) -> float | None:
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return None


def _stale(path: Path, age: float, top: Path) -> WorldError:
    hint = f"let that run end; if no Git runs in {top} (pgrep -a git), rm {path}"
    return WorldError(f"another run of Git holds the index: {path} is {told(age)} old", hint=hint)


def told(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3 h``, ``2 days``."""
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days"
