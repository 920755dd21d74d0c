"""Handles Ctrl-C, pressed once or many times: the run unwinds, and stops at once with everything that it started."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from pipeline.core.errors import INTERRUPTED

_SAME_SECONDS = 1.0
"""A key that bounces, or a runner that signals three times in a row, means one interrupt."""
_POKES = 3
_POKE_SECONDS = 0.05
_AGAIN = 0
"""What is written to the pipe of signals for an interrupt that comes back: no signal has this number."""
_AGAIN_SECONDS = 0.01
_LOADERS = "<frozen importlib._bootstrap_external>"


def heed() -> None:
    """Unwind on the first interrupt, ignore what follows within a second, and then end without unwinding."""
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None):  # nohup, say
        return
    come_back = _notice_at_once()
    first = 0.0

    def heard(_number: int, frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first:
            if now - first > _SAME_SECONDS:
                leave(INTERRUPTED)
        elif _in_a_library(frame):
            come_back()
        else:
            first = now
            raise KeyboardInterrupt

    def unraisable(what: "sys.UnraisableHookArgs") -> None:
        """Python drops what is raised in a finaliser or a callback, and goes on: the interrupt comes again."""
        nonlocal first
        if what.exc_type is KeyboardInterrupt:
            first = 0.0
            come_back()
        else:
            sys.__unraisablehook__(what)

    sys.unraisablehook = unraisable
    signal.signal(signal.SIGINT, heard)


def _in_a_library(frame: FrameType | None) -> bool:
    """Whether a module in C is being imported, which nothing may interrupt.

    It takes for granted that what it imports itself is there: orjson ends by SIGSEGV, others stay half made.
    """
    while frame is not None:
        of_loader = frame.f_code.co_filename == _LOADERS
        if of_loader and type(frame.f_locals.get("self")).__name__ == "ExtensionFileLoader":
            return True
        frame = frame.f_back
    return False


def _notice_at_once() -> Callable[[], object]:
    """Let no signal wait for the main thread to end a wait of its own; returns what has an interrupt come once more.

    Python runs a handler in the main thread between two steps of it. A signal that comes after the last step before
    a wait for a lock has only left a mark, which is looked at when the wait is over: with a render that never ends,
    never. A thread hears of each signal from the pipe of ``set_wakeup_fd``, and interrupts such a wait a moment later.
    """
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGURG, lambda _number, _frame: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_poke, args=(reading,), daemon=True).start()
    return lambda: os.write(writing, bytes([_AGAIN]))


def _poke(reading: int) -> None:
    main = threading.main_thread().ident
    assert main is not None, "BUG: the main thread has not begun"
    while came := os.read(reading, 64):
        if _AGAIN in came:
            time.sleep(_AGAIN_SECONDS)
            signal.pthread_kill(main, signal.SIGINT)
            continue
        for _ in range(_POKES if set(came) - {signal.SIGURG} else 0):
            time.sleep(_POKE_SECONDS)
            signal.pthread_kill(main, signal.SIGURG)


def leave(code: int) -> None:
    """End this process with ``code``, and first whatever it started. Nothing that it built is taken down."""
    guard = sys.modules.get("pipeline.adapters.guard")
    if guard is not None:
        guard.close()
    os._exit(code)
