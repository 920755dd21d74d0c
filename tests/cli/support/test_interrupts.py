"""An interrupt is noticed whatever the main thread does in that moment, and said in one line."""

import subprocess
import sys

import pytest

from pipeline.core.errors import INTERRUPTED

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
_FINALISES = """
import os, signal, threading
from pipeline.cli.support.interrupts import heed
class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
heed()
try:
    Last()
    threading.Event().wait()
except KeyboardInterrupt:
    print("noticed")
"""
_IMPORTS_C = """
import os, signal, sys, threading
from pipeline.cli.support.interrupts import heed
heed()
class Signals:
    def find_spec(self, name, path=None, target=None):
        if not name.startswith('orjson'):
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Signals())
try:
    import orjson
    whole = orjson.dumps({})
    threading.Event().wait()
except KeyboardInterrupt:
    print("noticed" if whole else "")
"""
_IMPORTS_PYTHON = """
import os, signal, sys
from pipeline.cli.support.interrupts import heed
heed()
class Signals:
    def find_spec(self, name, path=None, target=None):
        os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Signals())
try:
    import difflib
    print("imported")
except KeyboardInterrupt:
    print("noticed")
"""


@pytest.mark.parametrize(
    "when", [_WAITS, _FINALISES, _IMPORTS_C, _IMPORTS_PYTHON], ids=["a wait", "a finaliser", "a library", "an import"]
)
def test_an_interrupt_is_noticed_in(when: str) -> None:
    done = subprocess.run([sys.executable, "-c", when], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "noticed\n", "")


_EARLY = """
import os, signal, sys
class Signals:
    def find_spec(self, name, path=None, target=None):
        if name == "MODULE":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Signals())
from pipeline.start import main
main()
"""


@pytest.mark.parametrize("module", ["pipeline.core.errors", "dataclasses", "click", "pipeline.cli"])
def test_an_interrupt_while_the_command_line_is_imported_is_one_line(module: str) -> None:
    code = _EARLY.replace("MODULE", module)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (INTERRUPTED, "", "pipeline: interrupted\n")


def test_an_ignored_interrupt_stays_ignored() -> None:
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{_EARLY.replace('MODULE', 'click')}"
    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
