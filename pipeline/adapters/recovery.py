"""Recovers from a killed run: finishes or undoes what it had begun, and removes what it had prepared."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.adapters.descriptors import LinkError
from pipeline.adapters.git.left_scratch import forget_left_scratch
from pipeline.adapters.open_folder import OpenFolder
from pipeline.adapters.write_ahead import moves, record
from pipeline.adapters.write_ahead.durable import flush_below
from pipeline.adapters.write_ahead.moves import Move, Staged
from pipeline.adapters.write_ahead.place import StatePlace, state_place
from pipeline.adapters.write_ahead.record import RunRecord, Stage
from pipeline.adapters.write_ahead.staging import STAGING
from pipeline.adapters.write_ahead.turn import Turn, holder, leave, named, try_turn
from pipeline.core.errors import RefusedError, WorldError
from pipeline.core.safe_path import SafePath, UnsafePathError
from pipeline.core.words import counted

_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 0.02
_TOUCHING = (Stage.DOING, Stage.UNDOING)


def recover(root: Path, tell: Callable[[str], object]) -> None:
    """For every verb, before it reads anything; costs a few looks where nothing was left behind.

    A run that is at work is let be, except in the moment in which it renames: for that it is waited.

    Raises:
        WorldError: what was begun can be neither finished nor undone now.
        RefusedError: another run renames for longer than a minute.
    """
    place = state_place(root)
    if place.in_git:
        forget_left_scratch(place.folder.parent)
    if not place.lock.exists() and not place.record.exists():
        return
    end = time.monotonic() + _PATIENCE_SECONDS
    try:
        while (turn := try_turn(root, "recovery")) is None:
            unfinished = record.read(place)
            if unfinished is None or unfinished.stage not in _TOUCHING:
                return
            if time.monotonic() > end:
                raise RefusedError(f"{holder(place)} is writing here", hint="wait until it ends, then try again")
            time.sleep(_POLL_SECONDS)
    except OSError as error:
        raise _cannot(place, error) from error
    try:
        go_on(turn, tell)
    finally:
        leave(turn)


def go_on(turn: Turn, tell: Callable[[str], object]) -> None:
    """The same for a run that has its turn. Raises WorldError as above."""
    try:
        unfinished = record.read(turn.place)
        if unfinished is not None:
            said = _gone_on(unfinished, turn)
            if said:
                tell(said)
        record.forget(turn.place)
    except (OSError, ValueError, KeyError, TypeError, UnsafePathError, LinkError) as error:
        raise _cannot(turn.place, error) from error


def _gone_on(unfinished: RunRecord, turn: Turn) -> str:
    if unfinished.kind == moves.KIND:
        return _files(unfinished, turn.place)
    if unfinished.kind == "commit":
        from pipeline.adapters.git.killed_commit import go_on_with_commit  # noqa: PLC0415 - slow to import, and rarely needed

        return go_on_with_commit(unfinished, turn)
    raise ValueError(f"a record of kind {unfinished.kind!r} is of another version of pipeline")


def _files(unfinished: RunRecord, place: StatePlace) -> str:
    root, name = (place.top / str(unfinished.who["root"])).resolve(), str(unfinished.body["folder"])
    listed = moves.from_data(unfinished.body["moves"])
    if not (root.is_relative_to(place.top) and name.startswith(STAGING) and "/" not in name):
        raise ValueError("the record names a path outside of the repository")
    ended = f"{named(dict(unfinished.who))} ended half way"
    count = counted(len(listed), "path")
    with OpenFolder.at(str(root)) as top:
        said = f"{ended}: nothing had changed; what it had prepared is removed"
        if unfinished.stage in _TOUCHING:
            _go_on_with_moves(top, SafePath(name), listed, forward=unfinished.stage is Stage.DOING)
            said = (
                f"{ended}: what it had begun is {'finished' if unfinished.stage is Stage.DOING else 'undone'} ({count})"
            )
        elif unfinished.stage is Stage.DONE:
            said = f"{ended}: all was written; what it had prepared is removed"
        if top.is_there(SafePath(name)):
            top.remove(SafePath(name))
    return said


def _go_on_with_moves(top: OpenFolder, name: SafePath, listed: Sequence[Move], *, forward: bool) -> None:
    folder = top.inner(name, mode=0o700)
    try:
        staged = Staged(top, folder, listed)
        if forward:
            staged.forward()
        else:
            staged.backward()
        flush_below(top, staged.folders())
    finally:
        folder.close()


def _cannot(place: StatePlace, error: Exception) -> WorldError:
    reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error).partition("\n")[0]
    where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    hint = f"make {place.top} writable, then run any verb of pipeline again; the record is {place.record}"
    return WorldError(f"a run was killed half way, and cannot be finished: {where}{reason}", hint=hint)
