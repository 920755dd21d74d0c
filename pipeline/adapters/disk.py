"""The repository's folder on disk: reads files, and writes edits all or nothing.

Everything new is first staged beside its target on the same file system and flushed; then it is renamed into place.
No link on the way is followed, whenever it came (adapters/open_folder.py). Whatever goes wrong in between (a full
disk, Ctrl-C), the renames are undone and the tree is as it was. What a kill or a power cut leaves half done, the next
run of any verb finishes (adapters/write_ahead).
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pipeline.adapters.below import Below
from pipeline.adapters.cache.file_digests import FileDigests
from pipeline.adapters.cache.tree_digests import TreeDigests
from pipeline.adapters.descriptors import FileKind, Found
from pipeline.adapters.inputs import read_inputs
from pipeline.adapters.open_folder import OpenFolder
from pipeline.adapters.recovery import go_on
from pipeline.adapters.write_ahead.aside import Aside
from pipeline.adapters.write_ahead.record import Stage
from pipeline.adapters.write_ahead.staging import Writing, writing
from pipeline.adapters.write_ahead.turn import Turn, my_turn, unheard
from pipeline.core.budget import MEBIBYTE, InputLimits
from pipeline.core.charts.chart import VendoredTree, tree_digest_of
from pipeline.core.charts.lock import FILE as LOCK
from pipeline.core.errors import WorldError
from pipeline.core.render.file_edits import Edits
from pipeline.core.safe_path import SafePath, shown


class Disk:
    """The files below ``root``. Paths are relative to it, with ``/``; none may lead out of it.

    ``turn`` is that of the run which alone may write now; without one, each ``carry_out`` takes a turn of its own.
    ``work`` is what this run has written since ``as_one`` began.
    """

    def __init__(
        self, root: Path, limits: InputLimits | None = None, turn: Turn | None = None, work: Writing | None = None
    ) -> None:
        self.root = root
        self.turn = turn
        self._work = work
        self._limits = limits or InputLimits()
        self._below = Below(root, links=True)
        self._trees = TreeDigests(root)

    def read(self, path: str) -> bytes | None:
        """A file's content, None where there is no such file. A link is followed where it stays in the repository.

        Raises:
            WorldError: it cannot be read: a link that leads out, a device, larger than ``limits.inputs`` allows.
        """
        try:
            return self._below.read(SafePath(path), self._limits.mib * MEBIBYTE)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise WorldError(f"{path}: {(error.strerror or str(error)).lower()}") from error

    def read_text(self, path: str) -> str | None:
        """A file's text, None where there is no such file.

        Raises:
            WorldError: it cannot be read, or is not UTF-8.
        """
        data = self.read(path)
        try:
            return None if data is None else data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise WorldError(f"{path}: it is not UTF-8") from error

    def tree(self, folder: str) -> dict[str, bytes]:
        """Every file below ``folder`` by its path there; empty where there is none. A link is not a file of ours."""
        files = self._below.files(SafePath(folder))
        return dict(sorted((entry.path, data) for entry, data in files if entry.kind is FileKind.FILE))

    def inputs(self, folder: str) -> dict[str, bytes]:
        """Every file below ``folder`` that people wrote: links are followed where they stay in the repository.

        Raises:
            WorldError: a link leads out, something is not a file, or there is more than ``limits.inputs`` allows.
        """
        return read_inputs(self._below, SafePath(folder), self._limits)

    def vendored(self, folder: str) -> VendoredTree:
        """A vendored chart as it lies there, with all that ``pipeline vendor`` never writes."""
        entries = sorted(Below(self.root).files(SafePath(folder)), key=lambda pair: pair[0].path)
        files = {entry.path: data for entry, data in entries if entry.kind is FileKind.FILE}
        return VendoredTree(files, {entry.path: why for entry, _ in entries if (why := self._strange(entry))})

    def vendored_digest(self, folder: str) -> str:
        """That of ``vendored``, without reading a file that was read before and is as it was."""
        modes = "modes" if os.access(self.root / LOCK, os.X_OK) else ""
        return self._trees.of(folder, modes, partial(self._vendored_digest, folder))

    def _vendored_digest(self, folder: str) -> str:
        entries = sorted(FileDigests(self.root).below(folder), key=lambda pair: pair[0].path)
        files = {entry.path: digest for entry, digest in entries if entry.kind is FileKind.FILE}
        return tree_digest_of(files, {entry.path: why for entry, _ in entries if (why := self._strange(entry))})

    def digests(self, folder: str) -> dict[str, str]:
        """The SHA-256 of every file below ``folder``, in hex, by its path from the root; most are not read for it."""
        entries = FileDigests(self.root).below(folder)
        return {f"{folder}/{entry.path}": digest for entry, digest in entries if entry.kind is FileKind.FILE}

    def _strange(self, entry: Found) -> str:
        if entry.kind is not FileKind.FILE:
            return f"is a link to {shown(entry.target)}" if entry.kind is FileKind.LINK else f"is a {entry.kind}"
        # Where the lock itself is executable, the file system knows no modes, and every file there seems to be.
        return "is executable" if entry.executable and not os.access(self.root / LOCK, os.X_OK) else ""

    def paths(self, folder: str) -> list[str]:
        """Every file below ``folder``, by its path from the root, sorted."""
        entries = self._below.walk(SafePath(folder))
        return sorted(f"{folder}/{entry.path}" for entry in entries if entry.kind is FileKind.FILE)

    def differing(self, edits: Edits) -> tuple[str, ...]:
        """What ``carry_out`` would change, sorted."""
        trees = (folder for folder, files in edits.trees.items() if self.vendored(folder) != VendoredTree(files))
        files = (path for path, data in edits.files.items() if self.read(path) != data)
        with OpenFolder.at(str(self.root)) as root:
            removals = [path for path in edits.removed if root.is_there(SafePath(path))]
        return tuple(sorted({*trees, *files, *removals}))

    @contextmanager
    def alone(self, verb: str, tell: Callable[[str], object] = unheard) -> Iterator["Disk"]:
        """The same files, for as long as no other run writes to them. ``tell`` hears whom is waited for.

        Raises:
            RefusedError: another run is at work for too long.
            WorldError: a run was killed half way, and cannot be finished.
        """
        with my_turn(self.root, verb, tell) as turn:
            if turn.inherited:
                go_on(turn, tell)
            yield Disk(self.root, self._limits, turn)

    @contextmanager
    def as_one(self) -> Iterator["Disk"]:
        """The same files. What is carried out within is one change: undone where the block fails, or is killed in it.

        Raises:
            WorldError: the disk refused to bring back what was there; the next run of any verb does it.
        """
        assert self.turn is not None, "BUG: nobody's turn"
        with self._errors("the next run of pipeline undoes what was begun"), writing(self.turn) as work:
            try:
                yield Disk(self.root, self._limits, self.turn, work)
            except BaseException:
                work.undo()
                raise
            work.settle()

    def keep(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The same files as a tree for ``carry_out`` within ``as_one``, on the disk already. Any thread may ask.

        Raises:
            WorldError: the disk refused. Nothing has changed.
        """
        assert self._work is not None, "BUG: not within as_one"
        with self._errors("nothing was changed"):
            return self._work.ahead(files)

    def carry_out(self, edits: Edits, aside: Aside | None = None) -> tuple[str, ...]:
        """Write what differs; the paths that changed, sorted. ``aside`` takes what is not as it was last written.

        Raises:
            WorldError: the disk refused. Nothing has changed then.
            RefusedError: another run is at work for too long.
        """
        if self.turn is None:
            with self.alone("write") as disk:
                return disk.carry_out(edits, aside)
        with self._errors("nothing was changed"):
            if self._work is not None:
                self._stage(edits, self._work, aside)
                return self._work.bring(Stage.UNDOING)
            with writing(self.turn) as work:
                self._stage(edits, work, aside)
                return work.commit()

    @contextmanager
    def _errors(self, outcome: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = error.filename or str(self.root)
            raise WorldError(f"{where}: {(error.strerror or str(error)).lower()}; {outcome}") from error

    def _stage(self, edits: Edits, work: Writing, aside: Aside | None) -> None:
        trees: dict[SafePath, Mapping[str, bytes]] = {}
        for folder, files in sorted(edits.trees.items()):
            here = self.vendored(folder)
            if (here.files or here.strange or not files) and here == VendoredTree(files):
                continue
            self._keep_tree(folder, here, files, edits, aside)
            trees[SafePath(folder)] = files
        work.trees(trees)
        for path, data in sorted(edits.files.items()):
            old = self.read(path)
            if old != data:
                self._keep_file(path, old, edits, aside)
                work.file(SafePath(path), data)
        for path in edits.removed:
            target = SafePath(path)
            if aside is not None and Below(self.root).is_folder(target):
                self._keep_tree(path, self.vendored(path), {}, edits, aside)
            elif aside is not None:
                self._keep_file(path, self.read(path), edits, aside)
            work.removal(target)

    def _keep_file(self, path: str, old: bytes | None, edits: Edits, aside: Aside | None) -> None:
        if aside is None:
            return
        from pipeline.core.render.rendered_tree import digest  # noqa: PLC0415 - 20 ms, which a look needs not

        if old is not None and edits.known.get(path) not in ("", digest(old)):
            aside.keep(path, old)
        elif old is None and edits.known.get(path):
            aside.was_removed(path)

    def _keep_tree(
        self, folder: str, here: VendoredTree, files: Mapping[str, bytes], edits: Edits, aside: Aside | None
    ) -> None:
        """Of a tree only its digest is known: where that is another, all that the new tree has not is kept."""
        if aside is None or folder not in edits.known or here.digest == edits.known[folder]:
            return
        for path, data in here.files.items():
            if files.get(path) != data:
                aside.keep(f"{folder}/{path}", data)
