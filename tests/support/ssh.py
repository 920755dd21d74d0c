"""Real keys for tests, made by ssh-keygen."""

import subprocess
from pathlib import Path

from tests.support.tools import tool


def key(folder: Path, name: str, *, passphrase: str = "", kind: str = "ed25519") -> Path:
    path = folder / name
    keygen(["-q", "-t", kind, "-N", passphrase, "-C", name, "-f", str(path)])
    return path


def keygen(arguments: list[str]) -> str:
    done = subprocess.run([tool("ssh-keygen"), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def public(path: Path) -> str:
    """Type and key, as allowed signers have it."""
    return " ".join(Path(f"{path}.pub").read_text().split()[:2])
