"""A program at a real terminal: a pty is its stdin, stdout, stderr and controlling terminal."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

_PATIENCE_SECONDS = 60
_TAKE_IT = (
    "import os, runpy; os.close(os.open(os.ttyname(0), os.O_RDWR)); runpy.run_module('pipeline', run_name='__main__')"
)
"""A session's leader that has no controlling terminal gets the first one that it opens (credentials(7))."""


def pipeline(arguments: list[str], cwd: Path, answers: list[tuple[str, str]], **environment: str) -> tuple[int, str]:
    """Run ``pipeline``; whenever a text of ``answers`` appears, in their order, type the answer. Exit code, screen."""
    ours, theirs = pty.openpty()
    source = str(Path(__file__).parents[2])
    # Nobody sits at a terminal in CI, and pipeline asks nobody there: here somebody does.
    persons = {name: value for name, value in os.environ.items() if name != "CI"}
    process = subprocess.Popen(
        [sys.executable, "-c", _TAKE_IT, *arguments],
        cwd=cwd,
        env=persons | environment | {"PYTHONPATH": os.pathsep.join([source, *filter(None, sys.path)])},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        screen = _talk(ours, answers)
        return process.wait(_PATIENCE_SECONDS), screen
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _talk(terminal: int, answers: list[tuple[str, str]]) -> str:
    screen, seen, waiting = b"", 0, list(answers)
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        try:
            data = os.read(terminal, 4096) if ready else None
        except OSError:  # the other end is closed: that is how a terminal ends on Linux
            break
        if data == b"":
            break
        screen += data or b""
        if waiting and waiting[0][0].encode() in screen[seen:]:
            seen = len(screen)
            os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
    return screen.decode(errors="replace")
