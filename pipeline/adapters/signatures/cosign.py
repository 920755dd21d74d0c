"""Checks cosign's signatures by a public key, offline: of archives (sign-blob) and of OCI manifests (sign).

No transparency log is asked: the key in the repository is what is trusted. Formats: the signature itself in base64, the
bundles of cosign 1 and 2 (``base64Signature``) and of Sigstore (``messageSignature``); for manifests the simple signing
payload (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md).
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

import orjson

from pipeline.core.charts.signing import HINT, SignatureError
from pipeline.core.errors import UsageError
from pipeline.core.kube.resource import mapping

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes


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
    """Which key signed the OCI manifest with that digest. ``signatures`` are payloads with their signature in base64.

    Raises:
        SignatureError: the key signed none of them, or another manifest.
        UsageError: it is no public key in PEM that cosign makes.
    """
    public, name = _key(key, title)
    others = []
    for payload, signature in signatures:
        if not _is_by(public, _signature(signature.encode(), title), payload):
            continue
        critical = mapping(mapping(_json(payload)).get("critical"))
        signed = mapping(critical.get("image")).get("docker-manifest-digest")
        if critical.get("type") == "cosign container image signature" and signed == digest:
            return name
        others.append(str(signed)[:80])
    why = f"it is of {others[0]}, not of {digest}" if others else "none is by this key"
    raise SignatureError(f"{title}: no valid signature of cosign: {why}", hint=HINT)


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
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above

    try:
        match key:
            case ec.EllipticCurvePublicKey():
                key.verify(signature, data, ec.ECDSA(SHA256()))
            case rsa.RSAPublicKey():
                key.verify(signature, data, padding.PKCS1v15(), SHA256())
            case ed25519.Ed25519PublicKey():
                key.verify(signature, data)
            case _:
                return False
    except InvalidSignature:
        return False
    return True
