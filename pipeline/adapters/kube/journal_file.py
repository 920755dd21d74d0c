"""The journal on disk: JSON lines, each flushed to the disk before the write that it announces.

Threads that wait at the same time share one flush, so that eight writers cost about as many as one.
"""

import os
import threading
from pathlib import Path
from typing import Any

from pipeline.adapters.kube.run_folder import RunFolder
from pipeline.adapters.user_folders import make_private
from pipeline.core.cluster.api.canonical import digest
from pipeline.core.cluster.inventory.journal import START, Anchor, encoded
from pipeline.core.errors import WorldError


class JournalFile:
    """A Journal in a new file of ``folder``, made at the first line; thread-safe.

    Raises WorldError where the folder or the file cannot be written: then nothing may be applied.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self.path = folder.path / "journal.jsonl"
        self._file = -1
        self._lock = threading.Condition()
        self._number = 0
        self._previous = START
        self._waiting: list[bytes] = []
        self._flushed = 0
        self._durable = START
        self._ended = False
        self._flushing = False
        self._broken: OSError | None = None

    def intent(self, line: dict[str, Any]) -> int:
        return self._add({**line, "type": "intent"}, durable=True)

    def outcome(self, intent: int, line: dict[str, Any]) -> None:
        self._add({**line, "type": "outcome", "intent": intent}, durable=False)

    def note(self, line: dict[str, Any]) -> None:
        self._add(line, durable=True)

    def end(self, line: dict[str, Any]) -> None:
        if not self._ended:
            self._ended = True
            self._add({**line, "type": "end"}, durable=True)

    def anchor(self) -> str:
        """The run is that of the folder."""
        with self._lock:
            return str(Anchor(self.path.parent.name, self._flushed, self._durable)) if self._flushed else ""

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self) -> int:
        if self._file < 0:
            make_private(self._folder.path, self._folder.outer)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            _flush_folder(self.path.parent)
        return self._file

    def _add(self, line: dict[str, Any], *, durable: bool) -> int:
        """Lines that need not be durable at once go to the disk with the next that does."""
        with self._lock:
            number = self._number
            data = encoded(line, number, self._previous)
            self._number += 1
            self._previous = digest(data.rstrip(b"\n"))
            self._waiting.append(data)
            while durable and self._flushed <= number:
                if self._broken is not None:
                    raise self._error(self._broken)
                if self._flushing:
                    self._lock.wait()
                else:
                    self._flush()
        return number

    def _flush(self) -> None:
        """Write what waits, with the lock let go meanwhile, so that others can queue up behind."""
        batch, self._waiting = self._waiting, []
        self._flushing = True
        self._lock.release()
        broken: OSError | None = None
        try:
            file = self._open()
            _write_all(file, b"".join(batch))
            os.fsync(file)
        except OSError as error:
            broken = error
        finally:
            self._lock.acquire()
            self._flushing = False
            self._broken = self._broken or broken
            if not broken:
                self._flushed += len(batch)
                self._durable = digest(batch[-1].rstrip(b"\n"))
            self._lock.notify_all()

    def _error(self, error: OSError) -> WorldError:
        reason = (error.strerror or str(error)).lower()
        hint = "free the disk, or name another folder: PIPELINE_STATE_DIR"
        return WorldError(f"the journal {self.path} cannot be written: {reason}", hint=hint)


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _flush_folder(folder: Path) -> None:
    """So that the file's very name survives a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
