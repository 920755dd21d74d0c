"""Handles Ctrl-C, pressed once or many times: the run unwinds, and stops at once with everything that it started."""

import os
import signal
import sys
import threading
import time
from types import FrameType

from pipeline.core.errors import INTERRUPTED

_SAME_SECONDS = 1.0
"""A key that bounces, or a runner that signals three times in a row, means one interrupt."""
_POKES = 3
_POKE_SECONDS = 0.05


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
    _notice_at_once()


def _notice_at_once() -> None:
    """Let no signal wait for the main thread to end a wait of its own.

    Python runs a handler in the main thread between two steps of it. A signal that comes after the last step before
    a wait for a lock has only left a mark, which is looked at when the wait is over: with a render that never ends,
    never. A thread hears of each signal from the pipe of ``set_wakeup_fd``, and interrupts such a wait a moment later.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGURG, lambda _number, _frame: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_poke, args=(reading,), daemon=True).start()


def _poke(reading: int) -> None:
    main = threading.main_thread().ident
    assert main is not None, "BUG: the main thread has not begun"
    while came := os.read(reading, 64):
        for _ in range(_POKES if set(came) - {signal.SIGURG} else 0):
            time.sleep(_POKE_SECONDS)
            signal.pthread_kill(main, signal.SIGURG)


def leave(code: int) -> None:
    """End this process with ``code``, and first whatever it started. Nothing that it built is taken down."""
    guard = sys.modules.get("pipeline.adapters.guard")
    if guard is not None:
        guard.close()
    os._exit(code)
