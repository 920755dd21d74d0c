"""Checks cosign's signatures by a public key, offline: of archives (sign-blob) and of OCI manifests (sign).

No transparency log is asked: the key in the repository is what is trusted. Formats: the signature itself in base64, the
bundles of cosign 1 and 2 (``base64Signature``) and of Sigstore (``messageSignature``); for manifests the simple signing
payload (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md), and since cosign 3 an in-toto statement in Sigstore's
bundle, signed as an envelope (DSSE, github.com/secure-systems-lab/dsse).
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import orjson

from pipeline.core.charts.signing import HINT, SignatureError
from pipeline.core.errors import UsageError
from pipeline.core.kube.resource import mapping, sequence

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

SIGN = "https://sigstore.dev/cosign/sign/v1"
"""What a statement of ``cosign sign`` states."""
_PREHASHED = (
    "ask for a signature by an ECDSA or RSA key: cosign signs images by Ed25519ph, which cannot be checked here"
)
"""RFC 8032 has two forms of Ed25519; no library at hand knows the one over a hash."""
ASK = "ask its publisher why; remove signedBy from pipeline.yaml only for a chart that you trust unsigned"


def check_archive(data: bytes, signature: bytes, key: bytes, title: str) -> str:
    """Which key signed an archive: ``cosign:sha256:…``.

    Raises:
        SignatureError: the key did not.
        UsageError: it is no public key in PEM that cosign makes.
    """
    public, name = _key(key, title)
    if not _is_by(public, _signature(signature, title), data):
        raise SignatureError(f"{title}: the signature is not by this key, or not of this archive", hint=HINT)
    return name


def check_manifest(digest: str, signatures: Iterable[tuple[bytes, str]], key: bytes, title: str) -> str:
    """Which key signed the OCI manifest with that digest.

    ``signatures`` are payloads with their signature in base64, as cosign 1 and 2 push them; or bundles of Sigstore, as
    cosign 3 does, which hold their signature: beside them it is empty.

    Raises:
        SignatureError: there is no signature; or the key signed none of them, or another manifest.
        UsageError: it is no public key in PEM that cosign makes.
    """
    public, name = _key(key, title)
    others, count = [], 0
    for signed, signature, of in _said(signatures, title):
        count += 1
        if not _is_by(public, signature, signed):
            continue
        if digest in of:
            return name
        others += [one[:80] for one in of] or ["something else"]
    if not count:
        raise SignatureError(f"{title} is not signed: cosign has no signature of its manifest there", hint=ASK)
    why = f"it is of {others[0]}, not of {digest}" if others else "none is by this key"
    hint = _PREHASHED if not others and _is_ed25519(public) else HINT
    raise SignatureError(f"{title}: no valid signature of cosign: {why}", hint=hint)


def _said(signatures: Iterable[tuple[bytes, str]], title: str) -> Iterator[tuple[bytes, bytes, list[str]]]:
    """What was signed, a signature of it, and the digests of the manifests that it is said to be of."""
    for data, signature in signatures:
        if not signature:
            yield from _said_by_bundle(data, title)
            continue
        critical = mapping(mapping(_json(data)).get("critical"))
        image = mapping(critical.get("image")).get("docker-manifest-digest")
        fits = critical.get("type") == "cosign container image signature"
        yield data, _signature(signature.encode(), title), [str(image)] if fits else []


def _said_by_bundle(bundle: bytes, title: str) -> Iterator[tuple[bytes, bytes, list[str]]]:
    envelope = mapping(mapping(_json(bundle)).get("dsseEnvelope"))
    payload = _decoded(envelope.get("payload"), title)
    kind = str(envelope.get("payloadType")).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    for row in sequence(envelope.get("signatures")):
        yield signed, _decoded(mapping(row).get("sig"), title), _subjects(kind, payload)


def _subjects(kind: bytes, payload: bytes) -> list[str]:
    """The digests that an in-toto statement of ``cosign sign`` is of; none of any other statement."""
    statement = mapping(_json(payload)) if kind == b"application/vnd.in-toto+json" else {}
    if statement.get("predicateType") != SIGN:
        return []
    rows = [mapping(mapping(subject).get("digest")).get("sha256") for subject in sequence(statement.get("subject"))]
    return [f"sha256:{row}" for row in rows]


def _decoded(text: object, title: str) -> bytes:
    return _signature(str(text or "").encode(), title)


def _signature(data: bytes, title: str) -> bytes:
    text = data.strip()
    if text.startswith(b"{"):
        bundle = mapping(_json(text))
        text = str(bundle.get("base64Signature") or mapping(bundle.get("messageSignature")).get("signature")).encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise SignatureError(f"{title}: it is no signature of cosign", hint=HINT) from error


def _json(data: bytes) -> object:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}


def _key(data: bytes, title: str) -> tuple["PublicKeyTypes", str]:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - 60 ms that only signatures need
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        Encoding,
        PublicFormat,
        load_pem_public_key,
    )

    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        hint = "cosign generate-key-pair, or cosign public-key, writes one"
        raise UsageError(f"{title}: the key in signedBy is not a public key in PEM", hint=hint) from error
    raw = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key, f"cosign:sha256:{hashlib.sha256(raw).hexdigest()}"


def _is_by(key: "PublicKeyTypes", signature: bytes, data: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512  # noqa: PLC0415 - as above

    match key:
        case ec.EllipticCurvePublicKey():
            # Images are signed over SHA-256 with every curve; files and bundles over the hash that goes with the curve.
            hashes = (SHA256(), SHA384(), SHA512())
            return any(_holds(partial(key.verify, signature, data, ec.ECDSA(hash_))) for hash_ in hashes)
        case rsa.RSAPublicKey():
            return _holds(partial(key.verify, signature, data, padding.PKCS1v15(), SHA256()))
        case ed25519.Ed25519PublicKey():
            return _holds(partial(key.verify, signature, data))
    return False


def _is_ed25519(key: "PublicKeyTypes") -> bool:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 - as above

    return isinstance(key, Ed25519PublicKey)


def _holds(check: Callable[[], object]) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above

    try:
        check()
    except InvalidSignature:
        return False
    return True
