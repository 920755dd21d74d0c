"""An interrupt is noticed whatever the main thread does in that moment."""

import subprocess
import sys

_WAITS = """
import os, signal, threading
from pipeline.cli.support.interrupts import heed
heed()
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # so another thread gets it, and this one is not woken
try:
    threading.Lock().acquire() and threading.Event().wait()
except KeyboardInterrupt:
    print("noticed")
"""


def test_an_interrupt_that_does_not_wake_the_main_thread_is_noticed() -> None:
    done = subprocess.run([sys.executable, "-c", _WAITS], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "noticed\n"), done.stderr
