"""Signatures as cosign makes them, by keys of every kind that it takes. OpenSSL signs: nothing checks itself."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from pipeline.adapters.signatures import cosign
from pipeline.core.charts.signing import SignatureError
from pipeline.core.errors import UsageError
from tests.support.tools import tool

DIGEST = "sha256:" + 64 * "a"
KINDS = {
    "ecdsa": ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "rsa": ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    "ed25519": ("-algorithm", "ED25519"),
}


class Signer:
    """A key pair of one kind."""

    def __init__(self, folder: Path, kind: str = "ecdsa") -> None:
        self.folder, self.kind = folder, kind
        folder.mkdir(exist_ok=True)
        self._openssl("genpkey", *KINDS[kind], "-out", str(folder / "key.pem"))
        self.public = self._openssl("pkey", "-in", str(folder / "key.pem"), "-pubout")

    def sign(self, data: bytes) -> str:
        (self.folder / "data").write_bytes(data)
        if self.kind == "ed25519":
            raw = self._openssl("pkeyutl", "-sign", "-rawin", "-inkey", *self._files("-in"))
        else:
            raw = self._openssl("dgst", "-sha256", "-sign", *self._files())
        return base64.b64encode(raw).decode()

    def _files(self, *between: str) -> tuple[str, ...]:
        return str(self.folder / "key.pem"), *between, str(self.folder / "data")

    @staticmethod
    def _openssl(*arguments: str) -> bytes:
        return subprocess.run([tool("openssl"), *arguments], check=True, capture_output=True).stdout


def payload(digest: str = DIGEST, kind: str = "cosign container image signature") -> bytes:
    image = {"docker-manifest-digest": digest}
    critical = {"identity": {"docker-reference": "registry.example.org/web"}, "image": image, "type": kind}
    return json.dumps({"critical": critical, "optional": None}).encode()


def bundle(
    signer: Signer,
    digest: str = DIGEST,
    *,
    predicate: str = "https://sigstore.dev/cosign/sign/v1",
    payload_type: str = "application/vnd.in-toto+json",
) -> bytes:
    """What ``cosign sign --key`` of version 3 makes."""
    subject = {"digest": {"sha256": digest.removeprefix("sha256:")}, "annotations": {}}
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": [subject], "predicateType": predicate}
    text = json.dumps({**statement, "predicate": {}}).encode()
    signed = f"DSSEv1 {len(payload_type)} {payload_type} {len(text)} ".encode() + text
    envelope = {"payload": base64.b64encode(text).decode(), "payloadType": payload_type}
    return json.dumps(
        {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {"publicKey": {"hint": "own"}},
            "dsseEnvelope": {**envelope, "signatures": [{"sig": signer.sign(signed)}]},
        }
    ).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_is_checked_by_its_signature_in_every_form(tmp_path: Path, kind: str) -> None:
    signer = Signer(tmp_path / "own", kind)
    text = signer.sign(b"chart")
    forms = [
        text,
        f"{text}\n",
        json.dumps({"base64Signature": text}),
        json.dumps({"messageSignature": {"signature": text}}),
    ]
    names = {cosign.check_archive(b"chart", form.encode(), signer.public, "web") for form in forms}
    assert len(names) == 1
    assert names.pop().startswith("cosign:sha256:")
    other = Signer(tmp_path / "other", kind)
    for data, signature, key in (
        (b"chart!", text, signer.public),
        (b"chart", text, other.public),
        (b"chart", "AAAA", signer.public),
        (b"chart", "?", signer.public),
        (b"chart", "{}", signer.public),
        (b"chart", "{", signer.public),
    ):
        with pytest.raises(SignatureError):
            cosign.check_archive(data, signature.encode(), key, "web")


def test_a_key_that_is_none_is_named(tmp_path: Path) -> None:
    for key in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", (tmp_path.name).encode()):
        with pytest.raises(UsageError, match="the key in signedBy is not a public key in PEM"):
            cosign.check_archive(b"chart", b"AAAA", key, "web")


def test_a_manifest_is_checked_by_its_payload(tmp_path: Path) -> None:
    own, other = Signer(tmp_path / "own"), Signer(tmp_path / "other")
    good = (payload(), own.sign(payload()))
    foreign = (payload(), other.sign(payload()))
    elsewhere = (payload("sha256:b"), own.sign(payload("sha256:b")))
    assert cosign.check_manifest(DIGEST, [foreign, elsewhere, good], own.public, "web").startswith("cosign:sha256:")
    for signatures, words in (
        ([foreign], "none is by this key"),
        ([elsewhere], f"it is of sha256:b, not of {DIGEST}"),
        ([(payload(), elsewhere[1])], "none is by this key"),
        ([(payload(kind="other"), own.sign(payload(kind="other")))], "it is of something else"),
        ([(b"[]", own.sign(b"[]"))], "it is of something else"),
        ([], "is not signed"),
    ):
        with pytest.raises(SignatureError, match=words):
            cosign.check_manifest(DIGEST, signatures, own.public, "web")


@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_is_checked_by_a_bundle(tmp_path: Path, kind: str) -> None:
    own, other = Signer(tmp_path / "own", kind), Signer(tmp_path / "other", kind)
    good, foreign = bundle(own), bundle(other)
    assert cosign.check_manifest(DIGEST, [(foreign, ""), (good, "")], own.public, "web").startswith("cosign:sha256:")
    edited = json.loads(good)
    edited["dsseEnvelope"]["payload"] = json.loads(bundle(own, "sha256:b"))["dsseEnvelope"]["payload"]
    for bundles, words in (
        ([foreign], "none is by this key"),
        ([json.dumps(edited).encode()], "none is by this key"),
        ([bundle(own, "sha256:b")], f"it is of sha256:b, not of {DIGEST}"),
        ([bundle(own, predicate="https://slsa.dev/provenance/v1")], "it is of something else"),
        ([bundle(own, payload_type="text/plain")], "it is of something else"),
        ([b"{}", b"[", b""], "is not signed"),
        ([b'{"dsseEnvelope": {"payload": "?"}}'], "it is no signature of cosign"),
    ):
        with pytest.raises(SignatureError, match=words):
            cosign.check_manifest(DIGEST, [(one, "") for one in bundles], own.public, "web")
