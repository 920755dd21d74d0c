"""Holds back signals that end a run during work that must not be left half done."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _ignore(_number: int) -> None:
    return


@contextmanager
def held_back(tell: Callable[[int], object] = _ignore) -> Iterator[None]:
    """The first signal that arrives during the block acts after it, however many come. ``tell`` hears of each at once.

    Handlers and not a signal mask: with more than one thread, the system gives a signal to any that does not mask it.
    Only the main thread may set handlers; in another one nothing is held back, and no signal is handled there either.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        tell(number)

    heard = [number for number in _ENDING if signal.getsignal(number) not in (None, signal.SIG_IGN)]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
