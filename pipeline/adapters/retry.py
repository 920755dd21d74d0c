"""The retry loop for HTTP outside the API server, which has its own table (core/cluster/api/response_table.py).

Waits grow exponentially, with jitter from the system's source, so that runs that failed together do not come back
together; where the server says how long, that is kept. By hand, and not stamina 26.1.0, which offers the same: its
import adds 20 to 50 ms and two packages for these few lines, and its default hook logs the arguments of the call, which
hold addresses and tokens.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_SYSTEM = random.SystemRandom()


class TryAgainError(Exception):
    """An attempt failed and another may succeed. ``wait_seconds`` is what the server asks for, if it does."""

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


def jitter() -> float:
    """From 0 to 1, another one in each process."""
    return _SYSTEM.random()


def tried(once: Callable[[], T], attempts: int, first_wait_seconds: float) -> T:
    """What ``once`` returns, after at most so many attempts. It waits between them and not after the last.

    Raises:
        TryAgainError: of the last attempt.
    """
    for attempt in range(attempts):
        try:
            return once()
        except TryAgainError as error:
            if attempt == attempts - 1:
                raise
            wait = error.wait_seconds
            time.sleep(first_wait_seconds * 2**attempt * (0.5 + jitter() / 2) if wait is None else wait)
    raise AssertionError("BUG: the last attempt raises or returns")
