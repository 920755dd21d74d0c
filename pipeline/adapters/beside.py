"""Work in a second process that is split off this one, for what Python computes on one core only."""

import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.001


@contextmanager
def beside(work: Callable[[], object], patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Does ``work`` in another process during the block, and waits for its end. Its files are all that comes of it.

    The other process takes no lock that a thread of this one may have held: it only computes, writes files, and ends.
    One that does not end in ``patience`` seconds after the block is killed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12, of threads: see above
            child = os.fork()
    except OSError:  # no process to be had
        yield
        return
    if not child:
        _work_and_end(work)
    try:
        yield
    finally:
        with suppress(ChildProcessError):
            _wait(child, patience)


def _wait(child: int, patience: float) -> None:
    end = time.monotonic() + patience
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return
        time.sleep(_POLL_SECONDS)


def _work_and_end(work: Callable[[], object]) -> None:
    """The other process: it leaves by no way that the first one would."""
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)
