"""Handles Ctrl-C, pressed once or many times: the run unwinds, and stops at once with everything that it started."""

import os
import signal
import sys
import time
from types import FrameType

from pipeline.core.errors import INTERRUPTED

_SAME_SECONDS = 1.0
"""A key that bounces, or a runner that signals three times in a row, means one interrupt."""


def heed() -> None:
    """Unwind on the first interrupt, ignore what follows within a second, and then end without unwinding."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # nohup, say
        return
    first = 0.0

    def heard(_number: int, _frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if not first:
            first = now
            raise KeyboardInterrupt
        if now - first > _SAME_SECONDS:
            leave(INTERRUPTED)

    signal.signal(signal.SIGINT, heard)


def leave(code: int) -> None:
    """End this process with ``code``, and first whatever it started. Nothing that it built is taken down."""
    guard = sys.modules.get("pipeline.adapters.guard")
    if guard is not None:
        guard.close()
    os._exit(code)
