"""Keeps the files of fetched charts in one unnamed temporary file until they are written: memory holds few of them."""

import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from weakref import finalize


class _Place(NamedTuple):
    offset: int
    size: int


class Spool:
    """Takes the files of charts, from any thread. It is gone with the last of the mappings that it made."""

    def __init__(self) -> None:
        file = tempfile.TemporaryFile(prefix="helm-pipeline-")  # noqa: SIM115 - it lives as long as its readers
        finalize(self, file.close)
        self._file, self._lock, self._end = file, threading.Lock(), 0

    def keep(self, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """The same files, read from the disk whenever they are asked for.

        Raises:
            OSError: the disk is full.
        """
        places: dict[str, _Place] = {}
        with self._lock:
            for name, data in files.items():
                places[name] = _Place(self._end, len(data))
                self._file.write(data)
                self._end += len(data)
            self._file.flush()
        return _SpooledFiles(self, places)

    def read(self, place: _Place) -> bytes:
        return os.pread(self._file.fileno(), place.size, place.offset)


class _SpooledFiles(Mapping[str, bytes]):
    def __init__(self, spool: Spool, places: Mapping[str, _Place]) -> None:
        self._spool, self._places = spool, places

    def __getitem__(self, name: str) -> bytes:
        return self._spool.read(self._places[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
