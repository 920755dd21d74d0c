"""Holds a fetched chart against the keys that pipeline.yaml demands for it. Without a key, nothing is asked for."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.adapters.below import read_bounded
from pipeline.adapters.signatures import cosign, pgp
from pipeline.adapters.signatures.cosign import ASK
from pipeline.core.charts.chart import Fetched
from pipeline.core.charts.reference import ChartReference
from pipeline.core.charts.signing import SignatureError, check_statement
from pipeline.core.errors import UsageError

Beside = Callable[[str], bytes | None]
"""The file beside an archive with that ending (``.prov``); None where there is none."""


@dataclass(frozen=True, slots=True)
class SignatureChecks:
    """``root`` is where relative paths of keys lie."""

    root: Path

    def package(self, reference: ChartReference, fetched: Fetched, data: bytes, beside: Beside) -> Fetched:
        """A chart that came as an archive, ``data``, with who signed it.

        Raises:
            SignatureError: it is not signed as demanded.
            UsageError: a key cannot be read.
        """
        keys = reference.keys
        title = f"{fetched.name} {fetched.version}"
        if not keys:
            return fetched
        if keys.keyring:
            return self._by_keyring(keys.keyring, fetched, beside(".prov"))
        signature = beside(".sig") or beside(".sigstore.json") or beside(".bundle")
        if signature is None:
            raise SignatureError(f"{title} is not signed: there is no .sig or bundle beside it", hint=ASK)
        return replace(fetched, provenance=cosign.check_archive(data, signature, self._key(keys.cosign_key), title))

    def image(
        self,
        reference: ChartReference,
        fetched: Fetched,
        provenance: Callable[[], bytes | None],
        signatures: Iterable[tuple[bytes, str]],
    ) -> Fetched:
        """A chart of an OCI registry, whose manifest is ``fetched.revision``.

        ``provenance`` gives Helm's layer with the ``.prov`` file; ``signatures`` are those of cosign, as
        ``check_manifest`` takes them. Nothing is fetched before it is asked for.

        Raises:
            SignatureError: it is not signed as demanded.
            UsageError: a key cannot be read.
        """
        keys = reference.keys
        if not keys:
            return fetched
        if keys.keyring:
            return self._by_keyring(keys.keyring, fetched, provenance())
        title, key = f"{fetched.name} {fetched.version}", self._key(keys.cosign_key)
        checked = cosign.check_manifest(fetched.revision, signatures, key, title)
        return replace(fetched, provenance=checked)

    def unsignable(self, reference: ChartReference, fetched: Fetched) -> Fetched:
        """A chart from a folder or from Git, which no one can sign: an error where a signature is demanded."""
        if reference.keys:
            message = f"{fetched.name} {fetched.version} is not packaged, and only packages are signed"
            raise SignatureError(message, hint="remove signedBy of this release from pipeline.yaml")
        return fetched

    def _by_keyring(self, path: str, fetched: Fetched, provenance: bytes | None) -> Fetched:
        title = f"{fetched.name} {fetched.version}"
        if provenance is None:
            raise SignatureError(f"{title} is not signed: there is no .prov file of it", hint=ASK)
        fingerprint, text = pgp.signer(provenance, self._key(path), f"{title}: its .prov file")
        check_statement(text, fetched.name, fetched.version, fetched.archive, title)
        return replace(fetched, provenance=f"pgp:{fingerprint}")

    def _key(self, path: str) -> bytes:
        try:
            return read_bounded(self.root / Path(path).expanduser())
        except OSError as error:
            message = f"signedBy: {path}: {(error.strerror or str(error)).lower()}"
            raise UsageError(message, hint="name a keyring of gpg, or a public key of cosign") from error
