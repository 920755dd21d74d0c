"""Runs programs on untrusted input with limits on time, memory and output, each in its own process group.

asyncio starts them, because pyhelm3 does: its ``Command.run`` asks the running event loop for a subprocess. ``Loop``
is such a loop. Where a limit is reached the whole group is killed: helm ignores SIGTERM while it renders.
"""

import asyncio
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.adapters import guard
from pipeline.core.budget import MEBIBYTE, RenderLimits

T = TypeVar("T")
_STDERR = 2
_STDERR_LIMIT = MEBIBYTE
_OUT_OF_MEMORY = (
    *(b"fatal error: out of memory", b"runtime: out of memory", b"cannot allocate memory", b"MemoryError"),
    b"pthread_create failed",
    b"Not enough memory",  # orjson calls it an error in the JSON
)

_IN_GO_ITSELF = re.compile(
    rb"SIGSEGV: segmentation violation\s+(?:PC=\S+ m=\d+ sigcode=\d+|code=\S+) addr=0x0\b[^\n]*\s+"
    rb"(?:goroutine [^\n]*\s+)?runtime\."
)
"""Go's collector (1.26) follows a nil where it asked for memory and got none, once in a dozen times."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that a program gets beside its arguments. ``files`` are descriptors that stay open in it."""

    environment: Mapping[str, str]
    limits: RenderLimits
    files: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A limit that was reached: ``message`` says what the program does, ``setting`` is its key in limits.render."""

    message: str
    setting: str

    @property
    def hint(self) -> str:
        return f"limits.render.{self.setting} in pipeline.yaml is the limit; raise it only for a chart that you trust"


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose programs run in ``Surroundings``, without a shell. It is good for one program."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__()
        self._around = around
        self._printed = 0
        self._stderr: list[bytes] = []
        self._group = 0
        self._limit: Exceeded | None = None

    @property
    def exceeded(self) -> Exceeded | None:
        """Which limit ended the program; None where none did."""
        if self._limit is None and ran_out_of_memory(self.stderr):
            return out_of_memory(self._around.limits)
        return self._limit

    @property
    def stderr(self) -> bytes:
        """What the program wrote there, whether it failed or not: pyhelm3 drops it where it did not."""
        return b"".join(self._stderr)

    async def subprocess_shell(self, protocol_factory: Any, cmd: Any, **streams: Any) -> Any:
        """pyhelm3 quotes each argument for a shell: taken apart again, there is none."""
        streams.pop("shell", None)
        return await self.subprocess_exec(protocol_factory, *shlex.split(cmd), **streams)

    async def subprocess_exec(self, protocol_factory: Any, *args: Any, **streams: Any) -> Any:
        around = self._around
        if streams.get("stdin") is None:
            streams["stdin"] = subprocess.DEVNULL
        streams |= {"env": dict(around.environment), "process_group": 0, "pass_fds": around.files}
        transport, protocol = await super().subprocess_exec(lambda: self._heard(protocol_factory()), *args, **streams)
        self._begin(transport)
        return transport, protocol

    def kill(self) -> None:
        """End the program and all that it started."""
        if self._group:
            with suppress(ProcessLookupError, PermissionError):  # macOS answers so of a group that is ending
                os.killpg(self._group, signal.SIGKILL)

    def _begin(self, transport: Any) -> None:
        if transport.get_returncode() is not None:
            return
        self._group = transport.get_pid()
        guard.watch(self._group)
        limits = self._around.limits
        limit_memory(self._group, limits.memory_mib)
        self.call_later(limits.seconds, self._exceeds, f"it takes longer than {limits.seconds} s", "seconds")

    def _exceeds(self, message: str, setting: str) -> None:
        self._limit = self._limit or Exceeded(message, setting)
        self.kill()

    def _heard(self, protocol: Any) -> Any:
        """``protocol``, whose data is counted and, of stderr, kept; it tells when the program has ended."""
        hand_on, ended = protocol.pipe_data_received, protocol.process_exited

        def data_received(fd: int, data: bytes) -> None:
            if fd == _STDERR:
                if sum(map(len, self._stderr)) < _STDERR_LIMIT:
                    self._stderr.append(data)
                    hand_on(fd, data)
                return
            self._printed += len(data)
            limit = self._around.limits.output_mib
            if self._printed > limit * MEBIBYTE:
                self._exceeds(f"it renders to more than {limit} MiB", "outputMiB")
            else:
                hand_on(fd, data)

        def process_exited() -> None:
            if self._group:
                guard.forget(self._group)
                self._group = 0
            ended()

        protocol.pipe_data_received, protocol.process_exited = data_received, process_exited
        return protocol


def run_in(loop: Loop, work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` yields. Whatever interrupts it, the program has ended afterwards, and the loop is closed."""
    task = loop.create_task(work)
    try:
        return loop.run_until_complete(task)
    except BaseException:
        loop.kill()
        if not task.done():
            with suppress(Exception):
                loop.run_until_complete(task)
        raise
    finally:
        loop.close()


async def collected(argv: Sequence[str]) -> tuple[int, bytes]:
    """The exit code and the output of a program; for ``run_in``."""
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    stdout, _ = await process.communicate()
    assert process.returncode is not None, "BUG: a program that ended has no exit code"
    return process.returncode, stdout


def limit_memory(process: int, mebibytes: int) -> None:
    """From now on ``process`` (0: this one) gets no more memory than that, where the system can say so (Linux).

    RLIMIT_DATA counts what is mapped to be written. Go reserves 1.7 GB of addresses that it does not use: RLIMIT_AS,
    which counts those, would be far off.
    """
    if sys.platform == "linux":
        size = mebibytes * MEBIBYTE
        with suppress(ProcessLookupError):
            resource.prlimit(process, resource.RLIMIT_DATA, (size, size))


def out_of_memory(limits: RenderLimits) -> Exceeded:
    return Exceeded(f"it needs more memory than {limits.memory_mib} MiB", "memoryMiB")


def ran_out_of_memory(stderr: bytes) -> bool:
    """Whether Go's or Python's last words are that there is no memory."""
    return any(words in stderr for words in _OUT_OF_MEMORY) or _IN_GO_ITSELF.search(stderr) is not None
