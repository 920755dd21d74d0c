"""Checks Helm's provenance files with gpg, by a keyring as it lies on disk.

Helm's own check knows neither keyboxes (pubring.kbx, what gpg writes since 2.1) nor signing subkeys of some keys. gpg
itself is asked instead, in an empty home of its own: no key of the user counts, none is fetched, nothing is left.
"""

import os
import re
from contextlib import closing
from pathlib import Path

from pipeline.adapters.guard import private_folder
from pipeline.adapters.process import Command, ToolMissingError, run
from pipeline.core.charts.signing import HINT, SignatureError

_BEGIN, _END = b"-----BEGIN PGP SIGNED MESSAGE-----", b"-----END PGP SIGNATURE-----"
_ARMOR = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_KEYBOX = b"KBXf"
_DATABASE = b"SQLite format 3\0"
_LARGEST = 1024 * 1024
_SECONDS = 60
_BAD = {
    "BADSIG": "the signature is wrong: the file was changed after it was signed",
    "EXPSIG": "the signature has expired",
    "EXPKEYSIG": "its key has expired",
    "REVKEYSIG": "its key was revoked",
    "ERRSIG": "the keyring does not hold its key",
    "NODATA": "it holds no signature",
    "UNEXPECTED": "it holds more than one signed text",
}
_STATUS = re.compile(r"^\[GNUPG:\] (\w+) ?(.*)$", re.MULTILINE)


def signer(provenance: bytes, keyring: bytes, title: str) -> tuple[str, bytes]:
    """The fingerprint of the primary key that signed a ``.prov`` file, and the signed text.

    ``keyring`` is the content of pubring.gpg, of pubring.kbx, of pubring.db, or of exported keys, armored or not.

    Raises:
        SignatureError: it is not signed by a valid key of the keyring.
        WorldError: gpg is missing.
    """
    text = provenance.strip()
    if not text.startswith(_BEGIN) or not text.endswith(_END) or text.count(_BEGIN) != 1 or len(text) > _LARGEST:
        raise SignatureError(f"{title}: it is not one signed text", hint=HINT)
    with private_folder("gpg") as home:
        ring = home / "trusted"
        ring.write_bytes(_keys_of_database(keyring, title) if keyring.startswith(_DATABASE) else keyring)
        if keyring.lstrip().startswith(_ARMOR):
            ring = home / "dearmored"
            _gpg(home, "--output", str(ring), "--dearmor", str(home / "trusted"))
        elif keyring[8:12] == _KEYBOX:  # gpg goes by the content, and keyboxes are not lists of packets
            ring = ring.rename(home / "trusted.kbx")
        (home / "text.asc").write_bytes(text)
        options = ("--no-default-keyring", "--keyring", str(ring), "--trust-model", "always", "--weak-digest", "SHA1")
        out = home / "text"
        _gpg(home, *options, "--output", str(out), "--decrypt", str(home / "text.asc"))
        statuses = _STATUS.findall((home / "status").read_text("utf-8", "replace"))
        return _fingerprint(statuses, title), out.read_bytes() if out.exists() else b""


def _keys_of_database(data: bytes, title: str) -> bytes:
    """The OpenPGP keys that keyboxd keeps (GnuPG 2.4, kbx/backend-sqlite.c), as gpg would export them."""
    import sqlite3  # noqa: PLC0415 - some Pythons are built without it, and other keyrings need it not

    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(data)
            rows = database.execute("SELECT keyblob FROM pubkey WHERE type = 1 ORDER BY ubid").fetchall()
        return b"".join(bytes(row[0]) for row in rows)
    except (sqlite3.Error, TypeError, ValueError) as error:
        message = f"{title}: the keyring in signedBy is a database, and none of GnuPG's: {error}"
        raise SignatureError(message, hint="gpg --export KEY writes one") from error


def _fingerprint(status: list[tuple[str, str]], title: str) -> str:
    words = [word for word, _ in status]
    valid = [rest.split() for word, rest in status if word == "VALIDSIG"]
    why = next((_BAD[word] for word in words if word in _BAD), "")
    if why or words.count("GOODSIG") != 1 or len(valid) != 1:
        raise SignatureError(f"{title}: {why or 'gpg does not find it good'}", hint=HINT)
    return valid[0][-1]


def _gpg(home: Path, *arguments: str) -> None:
    """Asks gpg; what it finds is in the file ``status``, apart from what it says of hostile texts."""
    env = {"GNUPGHOME": str(home), "HOME": str(home), "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    status = ("--status-file", str(home / "status"))
    safe = ("--batch", "--no-tty", "--no-options", "--no-auto-key-retrieve", "--disable-dirmngr", *status)
    command = Command(("gpg", *safe, *arguments), env=env, timeout_seconds=_SECONDS, fine=frozenset(range(256)))
    try:
        run(command)
    except ToolMissingError as error:
        hint = "install gnupg, or remove signedBy from pipeline.yaml"
        raise ToolMissingError("gpg is not installed: the signatures of charts cannot be checked", hint=hint) from error
