"""The machine's clocks."""

import threading
import time


class SystemClock:
    """A Clock. ``sleep`` ends early once ``stop`` is set: a signal need not wait for a pause."""

    def __init__(self) -> None:
        self.stop = threading.Event()

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        self.stop.wait(seconds)
