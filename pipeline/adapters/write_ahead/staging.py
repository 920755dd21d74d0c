"""Carries out edits of a repository's files, all or nothing: staged, recorded, renamed."""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice

from pipeline.adapters.open_folder import OpenFolder
from pipeline.adapters.write_ahead import record
from pipeline.adapters.write_ahead.durable import FEW, flush_below
from pipeline.adapters.write_ahead.moves import KIND, Move, Staged, to_data
from pipeline.adapters.write_ahead.record import Stage
from pipeline.adapters.write_ahead.signals import held_back
from pipeline.adapters.write_ahead.staged_tree import StagedTree
from pipeline.adapters.write_ahead.turn import Turn
from pipeline.core.errors import WorldError
from pipeline.core.safe_path import SafePath

STAGING = ".pipeline-staging-"
_AT_ONCE = 4


class Writing:
    """Staged content, until ``commit`` brings it into place. Used by one run that has its turn."""

    def __init__(self, turn: Turn, root: OpenFolder) -> None:
        self._turn, self._root = turn, root
        self._name = SafePath(f"{STAGING}{os.urandom(4).hex()}")
        self._folder: OpenFolder | None = None
        self._moves: list[Move] = []
        self._files: list[SafePath] = []
        self._half_done = False
        self._brought = 0
        self._ahead, self._writers, self._count, self._ended = threading.Condition(), 0, 0, False

    def ahead(self, files: Mapping[str, bytes]) -> StagedTree:
        """Write the files of a folder that ``trees`` will get a place for, or nobody. Any thread may ask, at any time.

        Raises OSError; and WorldError where the run is already over, as after an interrupt.
        """
        with self._ahead:
            if self._ended:
                raise WorldError("this run is over")
            folder = self._staging()
            self._writers, self._count = self._writers + 1, self._count + 1
            name = SafePath(f"ahead-{self._count}")
        try:
            _filled(folder, name, files)
        finally:
            with self._ahead:
                self._writers -= 1
                self._ahead.notify_all()
        return StagedTree(self._turn.root, SafePath.of(self._name, name))

    def trees(self, wanted: Mapping[SafePath, Mapping[str, bytes]]) -> None:
        """Each folder shall hold its files and nothing else. Several are written at once: the disk is waited for."""
        todo = []
        for target, files in wanted.items():
            folder, number = self._place(target, staged=True)
            if isinstance(files, StagedTree):
                folder.move(SafePath(files.place.rpartition("/")[2]), folder, number)
                files.place = SafePath.of(self._name, number)
                self._note([SafePath.of(number, path) for path in islice(files, FEW + 1)])
            else:
                todo.append((folder, number, files))
        if len(todo) == 1:
            self._note(_filled(*todo[0]))
        elif todo:
            self._fill(todo)

    def _note(self, files: Sequence[SafePath]) -> None:
        """Those that shall be flushed, as long as they are few: of many, the names would fill memory for nothing."""
        self._files += files[: FEW + 1 - len(self._files)]

    def _fill(self, todo: Sequence[tuple[OpenFolder, SafePath, Mapping[str, bytes]]]) -> None:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 10 ms, where one folder needs none

        pool = ThreadPoolExecutor(_AT_ONCE)
        try:
            for done in pool.map(_filled, *zip(*todo, strict=True)):
                self._note(done)
        finally:  # nobody writes any more when what was staged is removed
            pool.shutdown(cancel_futures=True)

    def file(self, target: SafePath, data: bytes) -> None:
        folder, number = self._place(target, staged=True)
        folder.write(number, data, self._root.file_mode(target))
        self._files.append(number)

    def removal(self, target: SafePath) -> None:
        if self._root.is_there(target):
            self._place(target, staged=False)

    def commit(self) -> tuple[str, ...]:
        """Bring all into place; the paths that changed, sorted.

        Raises:
            OSError: the disk refused. Nothing has changed then.
            LinkError: a folder on the way is a link. Nothing has changed either.
        """
        with held_back():
            changed = self.bring(Stage.DOING)
            self.settle()
        return changed

    def bring(self, if_killed: Stage) -> tuple[str, ...]:
        """Bring into place what was staged since the last time; the paths that changed, sorted.

        ``if_killed`` is what the next run does with all of it where this one is killed before ``settle``: finish it
        (``DOING``) or undo it (``UNDOING``). Raises as ``commit`` does; then all is undone, what came before too.
        """
        new = self._moves[self._brought :]
        if self._folder is None or not new:
            return ()
        flush_below(self._folder, {path.rpartition("/")[0] for path in self._files}, self._files)
        self._files.clear()
        staged = Staged(self._root, self._folder, tuple(self._moves))
        with held_back():
            self._keep(if_killed)
            try:
                staged.forward()
                flush_below(self._root, staged.folders())
            except BaseException:
                self.undo()
                raise
        self._brought = len(self._moves)
        return tuple(sorted(move.target for move in new))

    def undo(self) -> None:
        """Bring back all that was there before. Raises as ``commit`` does."""
        if self._folder is None:
            return
        with held_back():
            self._half_done = True  # if going back fails too, the next run does it: see the record
            with suppress(OSError):
                self._keep(Stage.UNDOING)
            Staged(self._root, self._folder, tuple(self._moves)).backward()
            self._half_done = False

    def settle(self) -> None:
        """What was brought stays."""
        if self._folder is not None:
            with suppress(OSError):  # a full disk: to do it once more would change nothing
                self._keep(Stage.DONE, flush=False)

    def close(self) -> None:
        """Remove what was staged, and then the record of it; nobody writes ahead any more by then."""
        with held_back():
            with self._ahead:
                self._ended = True
                self._ahead.wait_for(lambda: not self._writers)
            if self._folder is None:
                return
            self._folder.close()
            if not self._half_done:
                with suppress(OSError):
                    self._root.remove(self._name)
                record.forget(self._turn.place)

    def _place(self, target: SafePath, *, staged: bool) -> tuple[OpenFolder, SafePath]:
        """The staging folder, and the name there of what shall be at ``target``."""
        had, folder = self._root.is_there(target), self._staging()
        self._moves.append(Move(target, staged, had))
        return folder, SafePath(str(len(self._moves) - 1))

    def _staging(self) -> OpenFolder:
        """The staging folder, made where it is not there yet."""
        if self._folder is None:
            self._keep(Stage.PREPARING, flush=False)
            try:
                self._folder = self._root.inner(self._name, mode=0o700)
            except BaseException:
                record.forget(self._turn.place)
                raise
        return self._folder

    def _keep(self, stage: Stage, *, flush: bool = True) -> None:
        moves = to_data(self._moves) if stage in (Stage.DOING, Stage.UNDOING) else []
        record.keep(self._turn, KIND, stage, {"folder": self._name, "moves": moves}, flush=flush)


def _filled(staging: OpenFolder, number: SafePath, files: Mapping[str, bytes]) -> list[SafePath]:
    """What was written into the new folder ``number``, by paths from the staging folder."""
    with closing(staging.inner(number, mode=0o777)) as folder:
        for name, data in sorted(files.items()):
            folder.write(SafePath(name), data)
    return [SafePath.of(number, name) for name in files]


@contextmanager
def writing(turn: Turn) -> Iterator[Writing]:
    with OpenFolder.at(str(turn.root)) as root:
        work = Writing(turn, root)
        try:
            yield work
        finally:
            work.close()
