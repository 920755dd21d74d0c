"""A real OpenSSH server on loopback that lets whoever runs the tests in with one key: one sshd for each connection."""

import os
import pwd
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.ssh import key, public
from tests.support.tools import tool

_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
_SETTINGS = """HostKey {0}/host
AuthorizedKeysFile {0}/authorized
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
"""


@dataclass(frozen=True)
class SshServer:
    """``config`` is ssh's, for a client that knows the server and has the key."""

    port: int
    user: str
    config: Path

    @property
    def command(self) -> str:
        return f"ssh -F {self.config} -oBatchMode=yes"

    def stranger(self, setting: str) -> str:
        """The command of a client with another setting, which comes before those of the configuration."""
        return f"ssh -F {self.config} -oBatchMode=yes -o{setting}"


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    folder.mkdir()
    host, login = key(folder, "host"), key(folder, "login")
    (folder / "authorized").write_text(public(login) + "\n")
    (folder / "sshd_config").write_text(_SETTINGS.format(folder))
    if os.geteuid() == 0:  # where sshd of root parts from its rights; distributions make it when the service starts
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    command = [tool("sshd", _SBIN), "-i", "-e", "-f", str(folder / "sshd_config")]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        (folder / "known").write_text(f"[127.0.0.1]:{port} {public(host)}\n")
        lines = f"IdentityFile {login}\nIdentitiesOnly yes\nUserKnownHostsFile {folder}/known\n"
        (folder / "config").write_text(f"{lines}GlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes\n")
        running: list[subprocess.Popen[bytes]] = []
        accepting = threading.Thread(target=_accept, args=(listening, command, running), daemon=True)
        accepting.start()
        try:
            yield SshServer(port, pwd.getpwuid(os.geteuid()).pw_name, folder / "config")
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for process in running:
                process.kill()
                process.wait()


def _accept(listening: socket.socket, command: list[str], running: list[subprocess.Popen[bytes]]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # it was shut
            return
        with connection:
            running.append(
                subprocess.Popen(
                    command, stdin=connection.fileno(), stdout=connection.fileno(), stderr=subprocess.DEVNULL
                )
            )
