"""Keys and signatures of a real gpg, in a home of its own."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.tools import tool


@dataclass(frozen=True, slots=True)
class Gpg:
    """``home`` holds pubring.kbx, as gpg writes it since 2.1."""

    home: Path

    def run(self, *arguments: str, data: bytes = b"") -> bytes:
        command = [tool("gpg"), "--homedir", str(self.home), "--batch", "--quiet", "--pinentry-mode", "loopback"]
        done = subprocess.run([*command, "--passphrase", "", *arguments], check=True, capture_output=True, input=data)
        return done.stdout

    def key(self, name: str, algorithm: str = "ed25519", *, subkey: bool = False, expires: str = "never") -> str:
        """The fingerprint of a new key; with ``subkey``, one of its own signs, and the key only certifies."""
        usage = "cert" if subkey else "sign"
        self.run("--quick-gen-key", f"{name} <{name}@example.org>", algorithm, usage, expires)
        listed = self.run("--list-keys", "--with-colons", name).decode().splitlines()
        fingerprint = next(line.split(":")[9] for line in listed if line.startswith("fpr"))
        if subkey:
            self.run("--quick-add-key", fingerprint, algorithm, "sign", "never")
        return fingerprint

    def signed(self, text: str, name: str, *more: str) -> bytes:
        return self.run("--local-user", name, *more, "--clearsign", data=text.encode())


@contextmanager
def gpg() -> Iterator[Gpg]:
    """A short path: gpg's agent listens on a socket there."""
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    home.chmod(0o700)
    try:
        yield Gpg(home)
    finally:
        subprocess.run([tool("gpgconf"), "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)


def provenance(name: str, version: str, archive: str, file: str = "") -> str:
    """What Helm signs of a chart."""
    own = f"apiVersion: v2\nname: {name}\nversion: {version}\n"
    return f"{own}\n...\nfiles:\n  {file or f'{name}-{version}.tgz'}: {archive}\n"
