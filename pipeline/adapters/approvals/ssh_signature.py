"""SSH signatures with ssh-keygen, with any key that it can use: file, agent, security key, certificate.

Format: PROTOCOL.sshsig of OpenSSH. Times in a file of allowed signers are read as UTC everywhere (ssh-keygen would take
the machine's own zone), so that every machine decides alike.
"""

import base64
import binascii
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.adapters.process import Command, Completed, bare_environment, run
from pipeline.core.errors import UsageError, WorldError

_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_COLUMNS = 70
_HINT = "ssh-keygen of OpenSSH 8.2 or newer is needed (8.8 for valid-after and valid-before); install openssh-client"
_REFUSED = 255
_PATTERN = re.compile(r"[*?!]")
_KEY = re.compile(r" key (SHA256:\S+)\s*$")


class BadSignatureError(Exception):
    """The signature is not that of the signer, or the signer is none; the message says which."""


@dataclass(frozen=True, slots=True)
class Signers:
    """``text`` is a file of allowed signers (ssh-keygen(1)); ``at`` the time, in seconds since 1970, that counts."""

    text: bytes
    namespace: str
    at: float

    def principals(self, signature: str) -> tuple[str, ...]:
        """Whose key made the signature, by the file; a certificate's own names where the file trusts its authority."""
        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            done = self._keygen(folder, signature, "find-principals")
        lines = done.stdout.decode(errors="replace").splitlines() if done.code == 0 else []
        return tuple(name for line in lines for name in line.strip().split(",") if name)

    def verify(self, data: bytes, signature: str, principal: str) -> str:
        """The fingerprint of the key with which ``principal`` signed ``data``.

        Raises:
            BadSignatureError: they did not, may not, or the file names the key by a pattern and no person.
        """
        if not signature or armoured(signature) != signature:
            raise BadSignatureError("its signature is malformed")
        if principal not in (listed := self.principals(signature)) or _PATTERN.search(principal):
            raise BadSignatureError(_not_theirs(principal, listed))
        done = self._verified(data, signature, principal)
        key = _KEY.search(done.stdout.decode(errors="replace"))
        if done.code or not key:
            raise BadSignatureError(f"the signature is not that of {principal!r} over this approval")
        return key[1]

    def may_be(self, data: bytes, signature: str, principal: str) -> bool:
        """Whether the file lets this key speak for ``principal``, be it by a pattern or under another line."""
        return principal.isprintable() and principal != "" and self._verified(data, signature, principal).code == 0

    def _verified(self, data: bytes, signature: str, principal: str) -> Completed:
        with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
            return self._keygen(folder, signature, "verify", "-I", principal, "-n", self.namespace, stdin=data)

    def _keygen(self, folder: str, signature: str, verb: str, *more: str, stdin: bytes = b"") -> Completed:
        signers, file = Path(folder, "signers"), Path(folder, "signature")
        signers.write_bytes(self.text)
        file.write_text(signature)
        when = datetime.fromtimestamp(int(self.at), UTC).strftime("%Y%m%d%H%M%S")
        argv = ("ssh-keygen", "-Y", verb, "-s", str(file), "-f", str(signers), f"-Overify-time={when}", *more)
        env = bare_environment(TZ="UTC", LC_ALL="C")
        return run(Command(argv, env=env, stdin=stdin, timeout_seconds=30, fine=frozenset({0, _REFUSED}), hint=_HINT))


def sign(data: bytes, key: Path, namespace: str) -> str:
    """The armoured signature by ``key``: a private key, or a public one whose private half an agent holds.

    ssh-keygen itself asks the terminal for a passphrase, or for a touch.

    Raises:
        UsageError: there is no such file.
        WorldError: ssh-keygen could not sign; the message is its own.
    """
    key = key.expanduser()
    if not key.is_file():
        raise UsageError(f"key {key} does not exist", hint="--key ~/.ssh/id_ed25519 (or its .pub, with ssh-agent)")
    done = run(Command(("ssh-keygen", "-Y", "sign", "-f", str(key), "-n", namespace), stdin=data, hint=_HINT))
    signature = armoured(done.stdout.decode(errors="replace"))
    if not signature:
        raise WorldError("ssh-keygen did not produce a signature", hint=_HINT)
    return signature


def armoured(text: str) -> str:
    """The signature as it is always written; empty where ``text`` is none. Each has one spelling only."""
    lines = text.strip().splitlines()
    if len(lines) < 3 or (lines[0], lines[-1]) != (_BEGIN, _END):  # noqa: PLR2004 - begin, body, end
        return ""
    try:
        raw = base64.b64decode("".join(lines[1:-1]), validate=True)
    except (binascii.Error, ValueError):
        return ""
    if not raw:
        return ""
    body = base64.b64encode(raw).decode()
    rows = [body[at : at + _COLUMNS] for at in range(0, len(body), _COLUMNS)]
    return "\n".join([_BEGIN, *rows, _END, ""])


def _not_theirs(principal: str, listed: Sequence[str]) -> str:
    if not listed:
        return "its key is not among the allowed signers, or not at that time"
    if _PATTERN.search(principal):
        return f"the allowed signers name its key by a pattern, {principal!r}: name the person"
    return f"its key is that of {', '.join(map(repr, listed))}, not of {principal!r}"
