"""Catches what Helm's library writes to descriptor 2 behind Python's back: warnings that quote values of charts.

Nothing of it may meet the terminal or a log as it is: it may hold secrets, escape sequences, and commands to a runner.
Python's own stream is kept on the real descriptor meanwhile.
"""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TextIO

_STDERR = 2
_STAMP = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d ", re.MULTILINE)
_ABOUT = re.compile(r"(?:for|value for) ([^\s:]+)")


@dataclass
class NativeOutput:
    """Of all renders together: many threads share one descriptor, and each line names the chart it is about."""

    lines: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _users: int = 0
    _file: BinaryIO | None = None
    _real: int = -1
    _python: TextIO | None = None
    _read: int = 0

    @contextmanager
    def caught(self) -> Iterator[None]:
        """While anybody is inside, descriptor 2 is a file."""
        with self._lock:
            if self._users == 0:
                self._begin()
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._end()

    def about(self, chart: str, values: Mapping[str, Any]) -> tuple[str, ...]:
        """The lines on ``chart`` that are about a key which ``values`` set, sorted. To be asked while inside."""
        with self._lock:
            self._collect()
        return tuple(sorted({line for line in self.lines if _concerns(line, chart, values)}))

    def _begin(self) -> None:
        try:
            self._real = os.dup(_STDERR)
        except OSError:  # closed, as by a daemon: there is nobody to protect
            return
        self.lines.clear()
        self._file, self._read = tempfile.TemporaryFile(), 0  # noqa: SIM115 - it outlives this function
        if _is_real(sys.stderr):
            sys.stderr.flush()
            self._python = sys.stderr
            sys.stderr = os.fdopen(
                self._real, "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors, buffering=1, closefd=False
            )
        os.dup2(self._file.fileno(), _STDERR)

    def _collect(self) -> None:
        if self._file is None:
            return
        size = os.fstat(self._file.fileno()).st_size
        text = os.pread(self._file.fileno(), size - self._read, self._read).decode(errors="replace")
        self._read = size
        found = [line.strip() for line in _STAMP.split(text)]
        self.lines += [line for line in found if line and line not in self.lines]

    def _end(self) -> None:
        if self._file is None:
            return
        os.dup2(self._real, _STDERR)
        if self._python is not None:
            sys.stderr.flush()
            sys.stderr, self._python = self._python, None
        self._file.close()
        os.close(self._real)
        self._file = None


def _is_real(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.fileno() == _STDERR
    except (OSError, ValueError, AttributeError):
        return False


def _concerns(line: str, chart: str, values: Mapping[str, Any]) -> bool:
    match = _ABOUT.search(line)
    if match is None:
        return False
    name, *keys = match[1].rstrip(".").split(".")
    found: Any = values
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            return found is not values and not isinstance(found, dict)
        found = found[key]
    return name == chart and bool(keys)
