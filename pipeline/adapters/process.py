"""The one door to other programs: an argv (never a shell), a timeout, accepted exit codes, one error class.

Programs that do not run to their end and answer once are started elsewhere, each for a reason; a contract in
pyproject.toml holds the list:

* ``contained.py``: a program on untrusted input, whose time, memory and output are watched while it runs (by asyncio,
  since pyhelm3 asks the running event loop for its subprocess);
* ``helm/library_workers.py``: processes that hold Helm's library and stay for the next order;
* ``guard.py``: the shell that outlives this process, and stops what it started;
* ``kube/kubeconfig.py``: the kubernetes client starts exec plugins itself, and knows no time limit: its ``Popen`` is
  replaced by one that has one;
* ``git/repository.py``: GitPython starts Git; only the type of the process is named there.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.budget import RenderLimits
from pipeline.core.errors import WorldError

_TAIL_LINES = 20
NOWHERE = "/nonexistent/pipeline"
"""A home for programs that are to find and leave nothing there."""


class ToolMissingError(WorldError):
    """The program is not installed, or not on the PATH."""


@dataclass(frozen=True, slots=True)
class Command:
    """``env``, if given, replaces the inherited environment. ``fine`` are exit codes that are not errors."""

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    stdin: bytes = b""
    timeout_seconds: float = 300
    fine: frozenset[int] = frozenset({0})
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Completed:
    code: int
    stdout: bytes
    stderr: str


def run(command: Command) -> Completed:
    """Run to the end.

    Raises:
        ToolMissingError: there is no such program.
        WorldError: it takes too long, or exits with a code that is not fine. The message has the
            program's name and the end of its stderr, never its arguments (they may hold what must not be shown).
    """
    name = Path(command.argv[0]).name
    try:
        done = subprocess.run(
            command.argv,
            cwd=command.cwd,
            env=None if command.env is None else dict(command.env),
            input=command.stdin,
            capture_output=True,
            timeout=command.timeout_seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise ToolMissingError(f"{name} is not installed: {command.argv[0]}", hint=command.hint) from error
    except OSError as error:
        raise WorldError(f"{name} does not start: {error.strerror}", hint=command.hint) from error
    except subprocess.TimeoutExpired as error:
        raise WorldError(f"{name} took longer than {command.timeout_seconds:g} s", hint=command.hint) from error
    stderr = done.stderr.decode(errors="replace")
    if done.returncode not in command.fine:
        raise WorldError(f"{name} exited with {done.returncode}: {tail(stderr)}", hint=command.hint)
    return Completed(done.returncode, done.stdout, stderr)


def feed(argv: tuple[str, ...], text: str, env: Mapping[str, str]) -> bool:
    """Give ``text`` to a program that shows it on our terminal, such as a pager, and wait until it is left.

    Returns whether there is such a program.
    """
    try:
        subprocess.run(argv, input=text.encode("utf-8", "replace"), env=os.environ | env, check=False)
    except OSError:
        return False
    return True


def tail(stderr: str) -> str:
    """The end of what a program said before it failed."""
    return "\n".join(stderr.strip().splitlines()[-_TAIL_LINES:]) or "it said nothing"


def bare_environment(**extra: str) -> dict[str, str]:
    """What a tool needs to run at all, and nothing of the user's own configuration, plus ``extra``."""
    names = ("PATH", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH", "GOMAXPROCS", "GOMEMLIMIT")
    return {name: os.environ[name] for name in names if name in os.environ} | extra


def go_memory(limits: RenderLimits) -> dict[str, str]:
    """How much a Go program takes before it collects garbage: rendering allocates much and lives shortly.

    Without collecting, up to half a gigabyte, a render takes a fifth less time.
    """
    return {"GOGC": "off", "GOMEMLIMIT": f"{min(512, limits.memory_mib // 2)}MiB"}
