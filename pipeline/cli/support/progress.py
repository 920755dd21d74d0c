"""Shows progress on stderr: a bar on a terminal, plain lines in a log."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from pipeline.cli.support.settings import interactive, settings
from pipeline.core.ports import Progress, no_progress

_WIDTH = 24
_CLEAR = "\r\x1b[K"


@contextmanager
def progress(label: str, stream: TextIO | None = None) -> Iterator[Progress]:
    """Yields what a flow wants told. On a terminal the bar is wiped at the end, also when the flow fails."""
    out = stream or sys.stderr
    if settings().quiet:
        yield no_progress
    elif interactive(out, os.environ):
        try:
            yield lambda done, total, what: _draw(stream or sys.stderr, label, done, total, what)
        finally:
            out.write(_CLEAR)
            out.flush()
    else:
        yield lambda done, total, what: _log(stream or sys.stderr, label, done, total, what)


def bar(label: str, done: int, total: int, what: str, columns: int) -> str:
    """``render ████████░░░░░░░░ 3/10 prod/istiod``, cut to ``columns``."""
    full = _WIDTH * done // total if total else _WIDTH
    return f"{label} {'█' * full}{'░' * (_WIDTH - full)} {done}/{total} {visible(what)}"[: max(columns - 1, 1)]


def visible(text: str) -> str:
    """``text`` with control characters replaced: a chart's name must not drive the terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _draw(out: TextIO, label: str, done: int, total: int, what: str) -> None:
    try:
        columns = os.get_terminal_size(out.fileno()).columns or 80
    except (OSError, ValueError):
        columns = 80
    out.write(_CLEAR + bar(label, done, total, what, columns))
    out.flush()


def _log(out: TextIO, label: str, done: int, total: int, what: str) -> None:
    out.write(f"{label} {visible(what)} ({done}/{total})\n")
    out.flush()
