"""The test process's end of a running control plane: its pipe, its connections, its audit log."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import urllib3

from tests.cluster.binaries import ROOT
from tests.cluster.control_plane import token

LOG_S = 60.0


class ControlPlaneConnection:
    """Starts the control plane in a process of its own, which ends when its standard input does."""

    def __init__(self, binaries: Path, folder: Path, *flags: str) -> None:
        """``flags`` are more of kube-apiserver's: ``max-requests-inflight=4``."""
        folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.cluster.control_plane", str(binaries), str(folder), *flags]
        self._log = (folder / "plane.log").open("wb")
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True
        )
        line = self._read()
        if not line:
            self.close()
            raise RuntimeError((folder / "plane.log").read_text())
        described = json.loads(line)
        self.url: str = described["url"]
        self.ca: str = described["ca"]
        self.key: str = described["key"]
        self._audit = Path(described["audit"])
        self.pool = urllib3.PoolManager(
            ca_certs=self.ca, maxsize=16, retries=False, timeout=urllib3.Timeout(connect=5, read=60)
        )
        self._resources: dict[str, dict[str, tuple[str, bool]]] = {}

    def obey(self, verb: str, name: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{verb} {name}\n")
        self._process.stdin.flush()
        assert self._read() == "done\n"

    def processes(self) -> list[int]:
        """Its own and all below it, by /proc."""
        found, new = [], [self._process.pid]
        while new:
            found += new
            files = [Path(f"/proc/{one}/task/{one}/children") for one in new]
            new = [int(child) for file in files if file.exists() for child in file.read_text().split()]
        return found

    def close(self) -> None:
        """End it, and wait until it has."""
        self._process.communicate()
        self._log.close()
        if hasattr(self, "pool"):
            self.pool.clear()

    def resource(self, root: str, kind: str) -> tuple[str, bool]:
        """Plural name of a kind, and whether it is namespaced; from discovery, asked again for what is not known."""
        if kind not in self._resources.get(root, {}):
            headers = {"Authorization": f"Bearer {token('admin')}", "Accept": "application/json"}
            answer = self.pool.request("GET", self.url + root, headers=headers)
            found = answer.json()["resources"] if answer.status == 200 else []
            self._resources[root] = {r["kind"]: (r["name"], r["namespaced"]) for r in found if "/" not in r["name"]}
        return self._resources[root][kind]

    def audit_size(self) -> int:
        """Bytes of the audit log; every request that was answered by now is in them."""
        return self._audit.stat().st_size if self._audit.exists() else 0

    def audit_bytes(self, since: int) -> bytes:
        """The audit log from a size on."""
        if not self._audit.exists():
            return b""
        with self._audit.open("rb") as file:
            file.seek(since)
            return file.read()

    def audit_events(self, since: int) -> list[dict[str, Any]]:
        """One event a write, in the order of receipt, once every write that was received is also completed."""
        give_up = time.monotonic() + LOG_S
        while True:
            received, completed = self._staged(since)
            if received.keys() <= completed.keys() or time.monotonic() > give_up:
                return [completed.get(key, event) for key, event in received.items()]
            time.sleep(0.05)

    def _staged(self, since: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Events by audit id: at their receipt, and at their end. A line that is still being written is left out."""
        received: dict[str, Any] = {}
        completed: dict[str, Any] = {}
        for line in self.audit_bytes(since).splitlines(keepends=True):
            if line.endswith(b"\n"):
                event = json.loads(line)
                begins = event["stage"] == "RequestReceived"
                (received if begins else completed)[event["auditID"]] = event
        return received, completed

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()
