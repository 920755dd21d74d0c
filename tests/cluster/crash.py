"""Runs the real pipeline in processes that kill themselves (SIGKILL) at a chosen moment of their n-th write.

usage: python -m tests.cluster.crash   — each line of standard input is a JSON object {argv, cwd, environment, output,
moment, at, shard_bytes}; each answer is the exit status (-9: killed). It forks for each: no import is paid twice.

``shard_bytes`` is how much one ConfigMap of an inventory takes, 0 for as much as always.

The moments of a write: "torn" (half of the line of its intent is on the disk), "announced" (the line is on the disk,
nothing was sent), "answered" (the server did it, its outcome is not on the disk). No moment: the run goes to its end.
"""

import json
import os
import signal
import sys
import threading
from typing import Any

from pipeline.adapters.kube import journal_file
from pipeline.adapters.kube.api_server import KubeApi
from pipeline.cli import run
from pipeline.core.cluster.api.request import Answer, Call
from pipeline.core.cluster.inventory import inventory_shards

MOMENTS = ("torn", "announced", "answered")


def main() -> None:
    """Obey until the input ends."""
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _child(order)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _child(order: dict[str, Any]) -> None:
    os.chdir(order["cwd"])
    os.environ.update(order["environment"])
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for stream, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(file, stream)
    sys.stdin = os.fdopen(0)
    inventory_shards.LARGEST_BYTES = order["shard_bytes"] or inventory_shards.LARGEST_BYTES
    if order["moment"]:
        _set_trap(order["moment"], order["at"])
    code = 70
    try:
        code = run(order["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _set_trap(moment: str, at: int) -> None:
    """Kill this process at one moment of its n-th write, counted from 1."""
    lock = threading.Lock()
    count = {"writes": 0, "intents": 0}
    send, append = KubeApi.request, journal_file._write_all

    def request(self: KubeApi, call: Call) -> Answer:
        with lock:
            count["writes"] += not call.reads
            mine = not call.reads and count["writes"] == at
        if mine and moment == "announced":
            _die()
        answer = send(self, call)
        if mine and moment == "answered":
            _die()
        return answer

    def write_all(file: int, data: bytes) -> None:
        count["intents"] += data.count(b'"type":"intent"')
        if moment == "torn" and count["intents"] >= at:
            os.write(file, data[: len(data) // 2])
            _die()
        append(file, data)

    KubeApi.request = request  # type: ignore[method-assign]
    journal_file._write_all = write_all


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
