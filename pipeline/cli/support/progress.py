"""Shows progress on stderr: a bar on a terminal, plain lines in a log."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from pipeline.cli.support.output import Shown, shown
from pipeline.cli.support.settings import interactive, settings
from pipeline.core.ports import Progress, no_progress

_WIDTH = 24
_CLEAR = "\r\x1b[K"
_EVERY = 1.0
"""Seconds between two looks at the clock."""
_SLOW = 3
"""Seconds after which the bar says how long it has been waiting for the same thing."""
_A_MINUTE = 60


@contextmanager
def progress(label: str, stream: TextIO | None = None) -> Iterator[Progress]:
    """Yields what a flow wants told. On a terminal the bar is wiped at the end, also when the flow fails."""
    out = stream or sys.stderr
    if settings().quiet:
        yield no_progress
    elif interactive(out, os.environ):
        moving = _MovingBar(label, out)
        try:
            yield moving.tell
        finally:
            moving.stop()
            out.write(_CLEAR)
            out.flush()
    else:
        yield lambda done, total, what: _log(stream or sys.stderr, label, done, total, what)


def bar(label: str, done: int, total: int, what: str, columns: int) -> str:
    """``render ████████░░░░░░░░ 3/10 prod/istiod``, cut to ``columns``."""
    full = _WIDTH * done // total if total else _WIDTH
    return f"{label} {'█' * full}{'░' * (_WIDTH - full)} {done}/{total} {visible(what)}"[: max(columns - 1, 1)]


class BarState:
    """How far the work is, and since when. Not frozen: it is told while the work goes on."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._begun = self._since = now()
        self._done = self._total = 0
        self._what = ""

    def tell(self, done: int, total: int, what: str) -> None:
        if (total, what) != (self._total, self._what) or done != self._done:
            self._since = self._now()
        if done < self._done or total != self._total:  # another round begins
            self._begun = self._since
        self._done, self._total, self._what = done, total, what

    @property
    def line(self) -> tuple[int, int, str]:
        """For ``bar``: with the seconds left, as the work done tells them, and for how long this one takes already."""
        waited = int(self._now() - self._since)
        words = f"{self._what}, {_spoken(waited)} already" if waited >= _SLOW and self._what else self._what
        return self._done, self._total, f"{self._left()}{words}"

    def _left(self) -> str:
        """Empty until something is done, and where it is nearly over."""
        spent = self._now() - self._begun
        if not 0 < self._done < self._total:
            return ""
        left = round(spent / self._done * (self._total - self._done))
        return f"about {_spoken(left)} left: " if left >= 1 else ""


class _MovingBar:
    """Drawn when something is told, and each second, by a thread that ends with the bar."""

    def __init__(self, label: str, out: TextIO) -> None:
        self._label, self._out, self._state = label, out, BarState()
        self._lock, self._ended, self._told = threading.Lock(), threading.Event(), False
        self._ticking = threading.Thread(target=self._tick, name="progress", daemon=True)
        self._ticking.start()

    def tell(self, done: int, total: int, what: str) -> None:
        what = visible(shown(what))  # here, and not in the thread: masks may be learning
        with self._lock:
            self._state.tell(done, total, what)
            self._told = True
            self._draw()

    def stop(self) -> None:
        self._ended.set()
        self._ticking.join()

    def _tick(self) -> None:
        while not self._ended.wait(_EVERY):
            with self._lock:
                if self._told:
                    self._draw()

    def _draw(self) -> None:
        _draw(self._out, self._label, *self._state.line)


def _spoken(seconds: int) -> str:
    return f"{seconds} s" if seconds < _A_MINUTE else f"{seconds // _A_MINUTE} min {seconds % _A_MINUTE} s"


def visible(text: str) -> str:
    """``text`` with control characters replaced: a chart's name must not drive the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _draw(out: TextIO, label: str, done: int, total: int, what: str) -> None:
    try:
        columns = os.get_terminal_size(out.fileno()).columns or 80
    except (OSError, ValueError):
        columns = 80
    out.write(Shown(_CLEAR + bar(label, done, total, what, columns)))
    out.flush()


def _log(out: TextIO, label: str, done: int, total: int, what: str) -> None:
    out.write(f"{label} {visible(what)} ({done}/{total})\n")
    out.flush()
