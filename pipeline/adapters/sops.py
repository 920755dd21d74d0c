"""Encrypts and decrypts a Secret's values with sops; the user's .sops.yaml and keys decide for whom.

sops gets the values alone, as JSON on its standard input: no plain text meets the disk, and what is in the open is
written by us (sops's own YAML writer changes some strings, after which its checksum fails). The checksum covers what is
encrypted.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pipeline.adapters.process import Command, Completed, run
from pipeline.core.errors import WorldError
from pipeline.core.kube.secrets import ENCRYPTED_KEYS

_HINT = "install sops 3.9 or newer, or set secrets: {rendered: omit} in pipeline.yaml"
_RULES = f".sops.yaml must have a creation rule for that path, which encrypts {ENCRYPTED_KEYS} or says nothing about it"
_JSON = ("--input-type", "json", "--output-type", "json")
_NO_KEY = 128
"""sops's exit code where it has no key that fits (its codes package, CouldNotRetrieveKey)."""


@dataclass(frozen=True, slots=True)
class SopsCommand:
    """``root`` is where .sops.yaml is looked for, at or above it."""

    binary: str
    root: Path

    def encrypt(self, path: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """``values`` (``data`` and ``stringData``) as the file ``path`` shall hold them, with sops's record.

        Raises:
            WorldError: sops refused, mostly because no creation rule takes the path.
        """
        rules = ("--mac-only-encrypted", "--encrypted-regex", ENCRYPTED_KEYS)
        done = self._run(path, ("--encrypt", *rules), values, frozenset({0}), _RULES)
        return _read(done)

    def decrypt(self, path: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What ``values`` (with sops's record) hold; None where no key for them is here.

        Raises:
            WorldError: they were tampered with, or are not sops's.
        """
        fine = frozenset({0, _NO_KEY})
        done = self._run(path, ("--decrypt",), values, fine, "remove the file and render again")
        return _read(done) if done.code == 0 else None

    def decrypt_values(self, path: str, text: str) -> str | None:
        """What a values file holds, as JSON, which keeps each value's type; None where no key for it is here.

        Raises:
            WorldError: it was tampered with.
        """
        options = ("--decrypt", "--input-type", "yaml", "--output-type", "json", "--filename-override", path)
        argv = (self.binary, "--disable-version-check", *options, "/dev/stdin")
        fine = frozenset({0, _NO_KEY})
        try:
            done = run(Command(argv, cwd=self.root, stdin=text.encode(), fine=fine, hint="sops --decrypt says why"))
        except WorldError as error:
            raise WorldError(f"{path}: {error.message}", hint=error.hint) from error
        return done.stdout.decode() if done.code == 0 else None

    def _run(
        self, path: str, verb: tuple[str, ...], values: Mapping[str, Any], fine: frozenset[int], hint: str
    ) -> Completed:
        options = ("--disable-version-check", *verb, *_JSON, "--filename-override", path)
        stdin = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)  # the checksum goes by the order in the file
        try:
            return run(Command((self.binary, *options, "/dev/stdin"), cwd=self.root, stdin=stdin, fine=fine, hint=hint))
        except WorldError as error:
            raise WorldError(f"{path}: {error.message}", hint=error.hint) from error


def find(root: Path) -> SopsCommand:
    """The sops on PATH.

    Raises:
        WorldError: there is none.
    """
    binary = shutil.which("sops")
    if binary is None:
        raise WorldError("secrets must be encrypted (secrets.rendered: sops), but sops is not installed", hint=_HINT)
    return SopsCommand(binary, root)


def _read(done: Completed) -> Mapping[str, Any]:
    document: dict[str, Any] = orjson.loads(done.stdout)
    return document
