"""Keeps a copy of files edited by hand that a run is about to overwrite, and says where."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pipeline.adapters.write_ahead.turn import Turn
from pipeline.core.safe_path import SafePath

FOLDER = "kept"


def _never(_path: str, _data: bytes) -> bool:
    return False


class Aside:
    """Copies below ``kept/<when the run began>/`` beside the run's lock, readable by their owner alone.

    ``is_safe`` says whether the last commit has the very same content: then Git keeps it.
    """

    def __init__(self, turn: Turn, is_safe: Callable[[str, bytes], bool] = _never) -> None:
        self.folder = turn.place.folder / FOLDER / re.sub(r"[^0-9TZ]", "", turn.since)
        self.edited: list[str] = []
        self.removed: list[str] = []
        self.kept: list[str] = []
        self._is_safe = is_safe

    def keep(self, path: str, data: bytes) -> None:
        """Raises OSError: nothing may be overwritten then."""
        self.edited.append(path)
        if self._is_safe(path, data):
            return
        copy = self._free(self.folder / SafePath(path))
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        self.kept.append(path)

    def was_removed(self, path: str) -> None:
        self.removed.append(path)

    def close(self) -> None:
        """Leave no empty folder."""
        for folder in (self.folder, self.folder.parent):
            with suppress(OSError):
                folder.rmdir()

    def _free(self, path: Path) -> Path:
        """Two runs may begin in one second."""
        names = (path.with_name(f"{path.name}{mark}") for mark in ("", *(f".{n}" for n in range(1, 1000))))
        return next((name for name in names if not name.exists()), path)
