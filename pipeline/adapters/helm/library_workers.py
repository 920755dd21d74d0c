"""Manages the worker processes that hold Helm's library: started on demand, one order at a time, then reused.

A process of Python's own with nothing of the user's environment, not a fork of this one, which has threads.
"""

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from pipeline.adapters import guard
from pipeline.adapters.contained import Exceeded, limit_memory, out_of_memory, ran_out_of_memory
from pipeline.adapters.process import NOWHERE, bare_environment, go_memory
from pipeline.core.budget import MEBIBYTE, RenderLimits
from pipeline.core.errors import WorldError

MODULE = "pipeline.adapters.helm.library_worker"
_START_SECONDS = 120
"""To load 85 MB from a cold disk."""
_LENGTH = 4
_CHUNK = MEBIBYTE


class ExceededError(Exception):
    """The worker reached a limit and is gone."""

    def __init__(self, exceeded: Exceeded) -> None:
        super().__init__(exceeded.message)
        self.exceeded = exceeded


class DiedError(Exception):
    """The worker is gone; the message is the first line of what it said last."""


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    head: dict[str, Any]
    text: bytes


class Worker:
    """One process. Whatever goes wrong with it, it is killed and never asked again."""

    def __init__(self, limits: RenderLimits) -> None:
        self.limits = limits
        self._version = ""
        self._stderr = TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            (sys.executable, "-P", "-S", "-m", MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            cwd="/",
            env=_environment(limits),
            process_group=0,
        )
        guard.watch(self._process.pid)
        limit_memory(self._process.pid, limits.memory_mib)

    def version(self) -> str:
        """That of the library, once it is loaded.

        Raises:
            WorldError: it does not load.
        """
        if not self._version:
            try:
                self._version = str(self._receive(time.monotonic() + _START_SECONDS).head["version"])
            except (DiedError, TimeoutError) as error:
                last = self._said().decode(errors="replace").strip().rpartition("\n")[2]
                hint = "pip install helm-python-sdk, or install helm 4 and set helm.engine: cli"
                raise WorldError(f"the embedded Helm does not load: {last or error}", hint=hint) from error
        return self._version

    def ask(self, head: dict[str, Any]) -> WorkerAnswer:
        """Its answer.

        Raises:
            ExceededError, DiedError: it has to be ended, or did so itself.
            WorldError: the library does not load.
        """
        self.version()
        data = json.dumps(head).encode()
        try:
            self._send(len(data).to_bytes(_LENGTH) + data)
            return self._receive(time.monotonic() + self.limits.seconds)
        except TimeoutError:
            limit = self.limits.seconds
            raise ExceededError(Exceeded(f"it takes longer than {limit} s", "seconds")) from None
        except (BrokenPipeError, DiedError) as error:
            said = self._said()
            if ran_out_of_memory(said):
                raise ExceededError(out_of_memory(self.limits)) from None
            raise DiedError(said.decode(errors="replace").strip().partition("\n")[0]) from error

    def kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, 9)
        self._process.wait()
        guard.forget(self._process.pid)
        for file in (self._process.stdin, self._process.stdout, self._stderr):
            assert file is not None, "BUG: a worker without pipes"
            with suppress(OSError):
                file.close()

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None, "BUG: a worker without stdin"
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._process.stdin.fileno(), rest) :]

    def _receive(self, end: float) -> WorkerAnswer:
        size = int.from_bytes(self._read(_LENGTH, end))
        head = dict(json.loads(self._read(size, end)))
        return WorkerAnswer(head, self._read(head["text"], end))

    def _read(self, size: int, end: float) -> bytes:
        assert self._process.stdout is not None, "BUG: a worker without stdout"
        file, parts = self._process.stdout.fileno(), []
        ready = select.poll()
        ready.register(file, select.POLLIN)
        while size:
            if not ready.poll(max(0, end - time.monotonic()) * 1000):
                raise TimeoutError
            part = os.read(file, min(size, _CHUNK))
            if not part:
                raise DiedError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _said(self) -> bytes:
        return os.pread(self._stderr.fileno(), _CHUNK, 0)


class Workers:
    """Those that are idle. A worker with other limits than those asked for is ended: limits hold from its start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []

    def begin(self, limits: RenderLimits) -> None:
        """Start one, unless there is one: it is loaded by the time it is asked."""
        with self._lock:
            if not any(worker.limits == limits for worker in self._idle):
                self._idle.append(Worker(limits))

    @contextmanager
    def one(self, limits: RenderLimits) -> Iterator[Worker]:
        """A worker for one question; a new one where all are at work."""
        worker = self._take(limits) or Worker(limits)
        try:
            yield worker
        except BaseException:
            worker.kill()
            raise
        with self._lock:
            self._idle.append(worker)

    def _take(self, limits: RenderLimits) -> Worker | None:
        with self._lock:
            fit = [worker for worker in self._idle if worker.limits == limits]
            for worker in self._idle:
                if worker.limits != limits:
                    worker.kill()
            self._idle = fit
            return fit.pop() if fit else None


WORKERS = Workers()


def _environment(limits: RenderLimits) -> dict[str, str]:
    nowhere = ("HOME", "HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME", "HELM_PLUGINS", "HELM_REGISTRY_CONFIG")
    return bare_environment(
        **dict.fromkeys(nowhere, NOWHERE),
        **go_memory(limits),
        KUBECONFIG=os.devnull,
        HELM_NO_PLUGINS="1",
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
    )
