"""Carries out edits of a repository's files, all or nothing: staged, recorded, renamed."""

import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.adapters.write_ahead import record
from pipeline.adapters.write_ahead.durable import flush_files, flush_folders
from pipeline.adapters.write_ahead.moves import KIND, Move, Staged, is_there, to_data
from pipeline.adapters.write_ahead.record import Stage
from pipeline.adapters.write_ahead.signals import held_back
from pipeline.adapters.write_ahead.turn import Turn
from pipeline.core.safe_path import SafePath

STAGING = ".pipeline-staging-"


class Writing:
    """Staged content, until ``commit`` brings it into place. Used by one run that has its turn."""

    def __init__(self, turn: Turn) -> None:
        self._turn, self._root = turn, turn.root
        self._folder: Path | None = None
        self._moves: list[Move] = []
        self._files: list[Path] = []
        self._half_done = False

    def tree(self, target: Path, files: Mapping[str, bytes]) -> None:
        """``target`` shall hold these files and nothing else."""
        staged = self._place(target, staged=True)
        staged.mkdir()
        for name, data in sorted(files.items()):
            path = staged / SafePath(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            self._files.append(path)

    def file(self, target: Path, data: bytes) -> None:
        staged = self._place(target, staged=True)
        staged.write_bytes(data)
        if target.is_file():
            shutil.copymode(target, staged)
        self._files.append(staged)

    def removal(self, target: Path) -> None:
        if is_there(target):
            self._place(target, staged=False)

    def commit(self) -> tuple[str, ...]:
        """Bring all into place; the paths that changed, sorted. Raises OSError: nothing has changed then."""
        if self._folder is None:
            return ()
        flush_files(self._files, self._root)
        staged = Staged(self._root, self._folder, tuple(self._moves))
        with held_back():
            self._keep(Stage.DOING)
            try:
                staged.forward()
                flush_folders(staged.folders(), self._root)
            except BaseException:
                self._half_done = True  # if going back fails too, the next run does it: see the record
                with suppress(OSError):
                    self._keep(Stage.UNDOING)
                staged.backward()
                self._half_done = False
                raise
            with suppress(OSError):  # a full disk: to do it once more would change nothing
                self._keep(Stage.DONE, flush=False)
        return tuple(sorted(move.target for move in self._moves))

    def close(self) -> None:
        """Remove what was staged, and then the record of it."""
        if self._folder is not None and not self._half_done:
            with held_back():
                shutil.rmtree(self._folder, ignore_errors=True)
                record.forget(self._turn.place)

    def _place(self, target: Path, *, staged: bool) -> Path:
        if self._folder is None:
            self._folder = self._root / f"{STAGING}{secrets.token_hex(4)}"
            self._keep(Stage.PREPARING, flush=False)
            self._folder.mkdir(mode=0o700)
        number = len(self._moves)
        had = is_there(target)
        self._moves.append(Move(SafePath(target.relative_to(self._root).as_posix()), staged, had))
        return self._folder / str(number)

    def _keep(self, stage: Stage, *, flush: bool = True) -> None:
        assert self._folder is not None, "BUG: nothing is staged"
        moves = to_data(self._moves) if stage in (Stage.DOING, Stage.UNDOING) else []
        record.keep(self._turn, KIND, stage, {"folder": self._folder.name, "moves": moves}, flush=flush)


@contextmanager
def writing(turn: Turn) -> Iterator[Writing]:
    work = Writing(turn)
    try:
        yield work
    finally:
        work.close()
