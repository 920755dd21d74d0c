"""Stops the programs that this process started and removes its private folders, however this process ends.

A shell waits at the other end of a pipe, through which it learns of them. The kernel closes the pipe when this process
ends, by kill -9 too; the shell then kills what is left and removes the folders. It costs 1 ms, once.
"""

import atexit
import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_SCRIPT = """
trap '' INT TERM HUP QUIT
left=' '
while IFS= read -r line; do
  case $line in
    +*) left="$left${line#+} " ;;
    -*) one=${line#-}; case $left in *" $one "*) left="${left%% "$one" *} ${left#* "$one" }" ;; esac ;;
    *) set -- "$@" "$line" ;;
  esac
done
for one in $left; do kill -s KILL -- "-$one"; done
for folder; do rm -rf -- "$folder"; done
"""
PRIVATE = ".helm-pipeline-private-"
_OLD_SECONDS = 60
"""A folder that no one has locked yet may be a second old; no one sweeps what is younger than this."""


class _Guard:
    """The shell of this process: started when there is something to guard, again after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None
        os.register_at_fork(after_in_child=self._forget)

    def tell(self, line: str) -> None:
        with self._lock:
            if self._shell is None:
                self._shell = _shell()
            assert self._shell.stdin is not None, "BUG: the guard has no pipe"
            with suppress(BrokenPipeError):  # somebody killed the shell: nothing but the guard is lost
                os.write(self._shell.stdin.fileno(), f"{line}\n".encode("utf-8", "surrogateescape"))

    def close(self) -> None:
        shell, self._shell = self._shell, None  # no lock: a signal may have interrupted its holder
        if shell is not None and shell.stdin is not None:
            shell.stdin.close()
            shell.wait()

    def _forget(self) -> None:
        """In a forked child: with its end of the pipe open the shell would wait for the child as well."""
        self._lock = threading.Lock()
        shell, self._shell = self._shell, None
        if shell is not None and shell.stdin is not None:
            shell.stdin.close()
            shell.returncode = 0  # it is not a child of this process


def _shell() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ("/bin/sh", "-c", _SCRIPT, "pipeline-guard"),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # a Ctrl-C of the terminal is for us, not for it
    )


_GUARD = _Guard()


def close() -> None:
    """End what is left now, and wait until it has: this process is about to end."""
    _GUARD.close()


atexit.register(close)


def watch(group: int) -> None:
    """From now on the process group ``group`` ends when this process does."""
    _GUARD.tell(f"+{group}")


def forget(group: int) -> None:
    """It has ended, and its number may soon be another's."""
    _GUARD.tell(f"-{group}")


@contextmanager
def private_folder(name: str) -> Iterator[Path]:
    """An empty folder, for this user alone, that is removed after the block, or when this process ends.

    What even the guard could not remove, because the machine went down, is removed by the next call of anybody.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PRIVATE}{name}-"))
    _GUARD.tell(str(folder))
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def is_held(folder: Path) -> bool:
    """Whether the process that made this private folder is alive; not so where the folder is gone."""
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(held)
    return False


def _sweep() -> None:
    """Removes the folders of processes that are gone: they are ours, old, and no one holds their lock."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PRIVATE}*"):
        with suppress(OSError):
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                status = os.fstat(held)
                if status.st_uid != os.getuid() or time.time() - status.st_mtime < _OLD_SECONDS:
                    continue
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(held)
