"""Whatever ends a process, what it started ends as well, and its private folders are gone."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.adapters import guard

CHILD = """
import os, subprocess, sys, time
from pipeline.adapters import guard
with guard.private_folder("test") as folder:
    (folder / "values.yaml").write_text("password: hunter2")
    child = subprocess.Popen(["sh", "-c", "trap '' TERM INT; sleep 60 & wait; sleep 60"], process_group=0)
    guard.watch(child.pid)
    done = subprocess.Popen(["true"], process_group=0)
    guard.watch(done.pid)
    done.wait()
    guard.forget(done.pid)
    print(child.pid, folder, flush=True)
    {ending}
"""


def started(tmp_path: Path, ending: str) -> tuple["subprocess.Popen[str]", int, Path]:
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)}
    argv = [sys.executable, "-c", CHILD.format(ending=ending)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    group, folder = process.stdout.readline().split()
    return process, int(group), Path(folder)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return any(state not in "ZX" for state in _states(group))


def _states(group: int) -> list[str]:
    found = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in found.splitlines())
    return [state[0] for number, state in rows if int(number) == group]


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)
    return true()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_that_ends_us_ends_all(tmp_path: Path, number: int) -> None:
    process, group, folder = started(tmp_path, "time.sleep(60)")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert alive(group)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert until(lambda: not alive(group))
    assert until(lambda: not folder.exists())


@pytest.mark.parametrize("ending", ["os._exit(3)", "sys.exit(3)", "raise ValueError", "pass", "os.abort()"])
def test_any_other_end_ends_all(tmp_path: Path, ending: str) -> None:
    process, group, folder = started(tmp_path, ending)
    process.communicate(timeout=60)
    assert until(lambda: not alive(group))
    assert until(lambda: not folder.exists())


def test_a_forked_child_that_lives_on_keeps_nothing_alive(tmp_path: Path) -> None:
    process, group, folder = started(tmp_path, "os.close(1) or os.fork() or time.sleep(2); os._exit(0)")
    process.communicate(timeout=60)
    assert until(lambda: not alive(group), 1.5)
    assert until(lambda: not folder.exists(), 1.5)


def test_what_a_dead_machine_left_is_swept_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    old = time.time() - 3600
    left, young, foreign = (
        tmp_path / name for name in (".helm-pipeline-private-a", ".helm-pipeline-private-b", "pipeline-c")
    )
    for folder in (left, young, foreign):
        folder.mkdir()
        (folder / "values.yaml").write_text("a: b")
    os.utime(left, (old, old))
    os.utime(foreign, (old, old))
    with guard.private_folder("held") as held:
        os.utime(held, (old, old))
        with guard.private_folder("second"):
            assert {path.name for path in tmp_path.iterdir()} >= {held.name, young.name, foreign.name}
            assert not left.exists()
