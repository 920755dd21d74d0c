"""A Kubernetes control plane of one's own: etcd, kube-apiserver, kube-controller-manager and fake nodes, on loopback.

usage: python -m tests.cluster.control_plane BINARIES FOLDER [FLAG=VALUE of kube-apiserver]...

Prints one line of JSON when it is ready (url, token and file names), then obeys lines on standard input, answering each
with a line: "stop NAME", "continue NAME" (signals), "kill NAME", "start NAME". It ends at the end of its input, and all
its children with it: whoever started it may die as it likes.
"""

import contextlib
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from tests.cluster.fakelet import Fakelet

TOKENS = {  # user: its groups. Who is in system:masters may do anything, and is never throttled.
    "admin": "system:masters",
    "fakelet": "system:masters",
    "system:kube-controller-manager": "system:masters",
    "applier": "pipeline:appliers",
    "viewer": "pipeline:viewers",
    "stranger": "pipeline:strangers",
}
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "cronjob-controller",
    "daemonset-controller",
    "deployment-controller",
    "disruption-controller",
    "endpointslice-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "persistentvolume-protection-controller",
    "persistentvolumeclaim-protection-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "statefulset-controller",
    "ttl-after-finished-controller",
)
# Both stages of each write: one that was received and not yet completed is how a reader knows that it must wait.
AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [
        {"level": "None", "users": ["fakelet", "system:kube-controller-manager", "system:apiserver"]},
        {"level": "None", "nonResourceURLs": ["/*"]},
        {"level": "None", "resources": [{"group": "authorization.k8s.io"}, {"group": "authentication.k8s.io"}]},
        {"level": "Request", "verbs": ["create", "update", "patch", "delete", "deletecollection"]},
        {"level": "None"},
    ],
}
READY_S = 90.0
PORTS = (10_000, 30_000)  # below what clients are given, and below the node ports of Services


def main(binaries: str, folder: str, *flags: str) -> None:
    """Start everything, say so, obey, end."""
    plane = ControlPlane(Path(binaries), Path(folder), dict(flag.split("=", 1) for flag in flags))
    try:
        plane.start_all()
        _say(json.dumps(plane.described()))
        for line in sys.stdin:
            verb, name = line.split()
            plane.obey(verb, name)
            _say("done")
    finally:
        plane.end()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _wait_stopped(pid: int) -> None:
    """A signal is delivered when a thread is next scheduled: on a busy machine one may still answer for a while."""
    threads = Path(f"/proc/{pid}/task")
    until = time.monotonic() + 30
    while threads.is_dir() and time.monotonic() < until:
        states = [(thread / "stat").read_text().rpartition(")")[2].split()[0] for thread in threads.iterdir()]
        if set(states) <= {"T", "t", "X", "Z"}:
            return
        time.sleep(0.01)


class ControlPlane:
    """The processes of one control plane, and the folder that holds all that they write."""

    def __init__(self, binaries: Path, folder: Path, flags: dict[str, str]) -> None:
        self._folder, self._binaries, self._flags = folder, binaries, flags
        self._etcd, self._peer, self._api, self._manager = free_ports(4)
        self.url = f"https://127.0.0.1:{self._api}"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def described(self) -> dict[str, str]:
        certs = self._folder / "certs"
        return {
            "url": self.url,
            "ca": str(certs / "apiserver.crt"),
            "key": str(certs / "apiserver.key"),
            "audit": str(self._folder / "audit.log"),
        }

    def start_all(self) -> None:
        self._write_files()
        for name in ("etcd", "kube-apiserver"):
            self.obey("start", name)
        self.obey("start", "kube-controller-manager")
        fakelet = Fakelet(self.url, token("fakelet"), self.described()["ca"])
        threading.Thread(target=fakelet.run, daemon=True).start()

    def obey(self, verb: str, name: str) -> None:
        match verb:
            case "start":
                self._running[name] = self._spawn(name)
                if name == "kube-apiserver":
                    self._wait_ready()
            case "kill":
                self._running[name].kill()
                self._running[name].wait()
            case "stop":
                self._running[name].send_signal(signal.SIGSTOP)
                _wait_stopped(self._running[name].pid)
            case "continue":
                self._running[name].send_signal(signal.SIGCONT)
            case _:
                raise ValueError(verb)

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()

    def _write_files(self) -> None:
        for name in ("certs", "etcd"):
            (self._folder / name).mkdir(parents=True)
        lines = [f'{token(user)},{user},{user},"{group}"\n' for user, group in TOKENS.items()]
        (self._folder / "tokens.csv").write_text("".join(lines))
        (self._folder / "audit.yaml").write_text(json.dumps(AUDIT))

    def _spawn(self, name: str) -> subprocess.Popen[bytes]:
        flags = {"etcd": self._etcd_flags, "kube-apiserver": self._api_flags}.get(name, self._manager_flags)()
        log = (self._folder / f"{name}.log").open("ab")
        with log:  # the child has its own copy
            command = [str(self._binaries / name), *(f"--{key}={value}" for key, value in flags.items())]
            # Less garbage collection: tests have memory to spare, and no CPU.
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "GOGC": "300"}
            )

    def _etcd_flags(self) -> dict[str, str]:
        client, peer = f"http://127.0.0.1:{self._etcd}", f"http://127.0.0.1:{self._peer}"
        return {
            "name": "default",
            "data-dir": str(self._folder / "etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "unsafe-no-fsync": "true",
            "log-level": "error",
        }

    def _api_flags(self) -> dict[str, str]:
        folder = self._folder
        return {
            "etcd-servers": f"http://127.0.0.1:{self._etcd}",
            "bind-address": "127.0.0.1",
            "advertise-address": "127.0.0.1",
            "secure-port": str(self._api),
            "cert-dir": str(folder / "certs"),  # a serving certificate for loopback is made there, with its CA
            "service-account-key-file": str(folder / "certs" / "apiserver.key"),
            "service-account-signing-key-file": str(folder / "certs" / "apiserver.key"),
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-cluster-ip-range": "10.0.0.0/20",
            "authorization-mode": "RBAC",
            "token-auth-file": str(folder / "tokens.csv"),
            "endpoint-reconciler-type": "none",  # loopback cannot be an endpoint
            "allow-privileged": "true",
            "audit-policy-file": str(folder / "audit.yaml"),
            "audit-log-path": str(folder / "audit.log"),
            "profiling": "false",
            **self._flags,
        }

    def _manager_flags(self) -> dict[str, str]:
        kubeconfig = write_kubeconfig(
            self._folder / "manager.yaml", self.url, "system:kube-controller-manager", self.described()["ca"]
        )
        return {
            "kubeconfig": str(kubeconfig),
            "authentication-kubeconfig": str(kubeconfig),
            "authorization-kubeconfig": str(kubeconfig),
            "bind-address": "127.0.0.1",
            "secure-port": str(self._manager),
            "leader-elect": "false",
            "service-account-private-key-file": self.described()["key"],
            "root-ca-file": self.described()["ca"],
            "controllers": ",".join(CONTROLLERS),
            "kube-api-qps": "500",
            "kube-api-burst": "1000",
            "concurrent-namespace-syncs": "20",
            "profiling": "false",
        }

    def _wait_ready(self) -> None:
        """Until /readyz says ok; what the servers wrote goes into the error."""
        give_up = time.monotonic() + READY_S
        while time.monotonic() < give_up:
            if self._running["kube-apiserver"].poll() is not None:
                break
            try:
                context = ssl.create_default_context(cafile=self.described()["ca"])
                request = urllib.request.Request(f"{self.url}/readyz")
                with urllib.request.urlopen(request, timeout=5, context=context) as answer:
                    if answer.read() == b"ok":
                        return
            except (OSError, ssl.SSLError):
                time.sleep(0.05)
        logs = [(self._folder / f"{name}.log").read_text()[-2000:] for name in self._running]
        raise TimeoutError("kube-apiserver is not ready:\n" + "\n".join(logs))


def token(user: str) -> str:
    """The bearer token of a user of TOKENS."""
    return f"{user.replace(':', '-')}-token"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, and that no client is given either.

    The kernel gives clients theirs from 32768 on (ip_local_port_range): one of those can be taken between the moment
    when it is found free and the moment when the server listens, or while a server that was killed starts again.
    """
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(range(*PORTS))
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


def write_kubeconfig(
    path: Path, url: str, user: str, ca: str | None, *, context: str = "test", namespace: str = ""
) -> Path:
    """A kubeconfig with one context. YAML is a superset of JSON, so it is written as such."""
    body = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": context, "cluster": {"server": url} | ({"certificate-authority": ca} if ca else {})}],
        "users": [{"name": user, "user": {"token": token(user)}}],
        "contexts": [
            {
                "name": context,
                "context": {"cluster": context, "user": user} | ({"namespace": namespace} if namespace else {}),
            }
        ],
        "current-context": context,
    }
    path.write_text(json.dumps(body, indent=2))
    path.chmod(0o600)
    return path


if __name__ == "__main__":
    main(*sys.argv[1:])
