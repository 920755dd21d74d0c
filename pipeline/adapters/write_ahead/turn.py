"""Lets one run at a time write to a repository: a lock that names its holder and that dies with it.

The lock is flock(2): the system releases it when the last process that has the file open ends, killed or not. Git's
processes of a commit inherit the file, so that a run which was killed while Git still works does not count as over.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pipeline.adapters.descriptors import LinkError
from pipeline.adapters.write_ahead.place import StatePlace, state_place
from pipeline.core.errors import RefusedError

_PATIENCE_SECONDS = 600.0
_POLL_SECONDS = 0.05
_SOON_SECONDS = 1.0
"""A wait longer than this is told."""


def unheard(_line: str) -> None:
    """For those who print nothing."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A run that may write. ``descriptor`` is the lock's open file, -1 where the disk takes none (it is read-only)."""

    place: StatePlace
    root: Path
    verb: str
    since: str
    descriptor: int = -1

    @property
    def who(self) -> dict[str, Any]:
        """For the lock and the record: whose they are."""
        below = self.root.resolve().relative_to(self.place.top).as_posix()
        return {"verb": self.verb, "pid": os.getpid(), "since": self.since, "root": below}

    @property
    def inherited(self) -> tuple[int, ...]:
        """What a process must keep open that works for this run."""
        return (self.descriptor,) if self.descriptor >= 0 else ()


@contextmanager
def my_turn(
    root: Path, verb: str, tell: Callable[[str], object] = unheard, patience: float | None = None
) -> Iterator[Turn]:
    """Alone at work on the repository at ``root``, as soon as no one else is.

    Raises:
        RefusedError: another run is at work, for longer than is waited.
    """
    turn = Turn(state_place(root), root, verb, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    try:
        taken = _wait(turn, tell, _PATIENCE_SECONDS if patience is None else patience)
    except OSError:  # a disk that takes no lock takes nothing else: the write itself then fails with a message
        yield turn
        return
    try:
        yield taken
    finally:
        _leave(taken)


def try_turn(root: Path, verb: str) -> Turn | None:
    """The same without waiting, to be left by ``leave``; None where somebody is at work. Raises OSError."""
    turn = Turn(state_place(root), root, verb, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    return _take(turn)


def leave(turn: Turn) -> None:
    _leave(turn)


def holder(place: StatePlace) -> str:
    """``pipeline render (process 4711, since 2026-01-02T03:04:05Z)``."""
    try:
        who = orjson.loads(place.lock.read_bytes())
        return named(who)
    except (OSError, ValueError, KeyError, TypeError):
        return "another run of pipeline"


def named(who: dict[str, Any]) -> str:
    return f"pipeline {who['verb']} (process {who['pid']}, since {who['since']})"


def _wait(turn: Turn, tell: Callable[[str], object], patience: float) -> Turn:
    start, told = time.monotonic(), False
    while (taken := _take(turn)) is None:
        waited = time.monotonic() - start
        if waited > patience:
            hint = "wait until it ends, or end it, then try again"
            raise RefusedError(f"{holder(turn.place)} is running here", hint=hint)
        if waited > _SOON_SECONDS and not told:
            tell(f"waiting for {holder(turn.place)}, which is running here")
            told = True
        time.sleep(_POLL_SECONDS)
    return taken


def _take(turn: Turn) -> Turn | None:
    """The lock's file is removed by whoever held it: one that is no longer at its place is not the lock."""
    place = turn.place
    for own in (place.folder, place.lock):
        if own.is_symlink():  # beside pipeline.yaml it may be part of what somebody sent
            raise LinkError(f"{own} is a link", hint="remove the link: pipeline keeps its lock there")
    place.folder.mkdir(mode=0o700, exist_ok=True)
    try:
        descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileNotFoundError:  # the folder has just been removed
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino != place.lock.stat().st_ino:
            raise FileNotFoundError  # noqa: TRY301 - the same as the line above finds
        with suppress(OSError):  # a full disk: the lock holds without a name
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, orjson.dumps(turn.who), 0)
    except (BlockingIOError, FileNotFoundError):
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return Turn(place, turn.root, turn.verb, turn.since, descriptor)


def _leave(turn: Turn) -> None:
    with suppress(OSError):
        turn.place.lock.unlink()
    with suppress(OSError):  # a record may be in it, or the next run's lock
        turn.place.folder.rmdir()
    os.close(turn.descriptor)
