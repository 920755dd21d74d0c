"""Work in a second process that is split off this one, for what Python computes on one core only."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Does ``work`` in another process during the block, and waits for its end. Its files are all that comes of it.

    The other process takes no lock that a thread of this one may have held: it only computes, writes files, and ends.
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
            os.waitpid(child, 0)


def _work_and_end(work: Callable[[], object]) -> None:
    """The other process: it leaves by no way that the first one would."""
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)
