"""Provenance files of a real gpg, and of Helm, by keyrings as they lie on disk."""

import hashlib
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.adapters.signatures import pgp
from pipeline.core.charts.signing import SignatureError, check_statement
from pipeline.core.errors import WorldError
from tests.support.charts import write_chart
from tests.support.gpg import Gpg, gpg, provenance
from tests.support.tools import tool

DIGEST = "sha256:" + 64 * "a"
TEXT = provenance("web", "1.0.0", DIGEST)


@pytest.fixture(scope="module")
def keys() -> Iterator[Gpg]:
    """plain signs itself, sub by a subkey, other is in no keyring that is trusted."""
    with gpg() as found:
        found.key("plain")
        found.key("sub", subkey=True)
        found.key("other")
        yield found


def database(keys: bytes, kind: int = 1) -> bytes:
    """As keyboxd of GnuPG 2.4 keeps keys; what of its tables matters here."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute(
            "CREATE TABLE pubkey (ubid BLOB NOT NULL PRIMARY KEY, type INTEGER NOT NULL, ephemeral INTEGER NOT NULL"
            " DEFAULT 0, revoked INTEGER NOT NULL DEFAULT 0, keyblob BLOB NOT NULL)"
        )
        made.execute("INSERT INTO pubkey (ubid, type, keyblob) VALUES (?, ?, ?)", (b"1", kind, keys))
        made.execute("INSERT INTO pubkey (ubid, type, keyblob) VALUES (?, 2, ?)", (b"2", b"a certificate"))
        made.commit()
        return made.serialize()


def keyrings(keys: Gpg) -> dict[str, bytes]:
    exported = keys.run("--export", "plain", "sub")
    with gpg() as own:
        own.run("--import", data=exported)
        keybox = (own.home / "pubring.kbx").read_bytes()
    with gpg() as old:
        (old.home / "pubring.gpg").touch()  # gpg goes on with a legacy keyring where there is one
        old.run("--import", data=exported)
        legacy = (old.home / "pubring.gpg").read_bytes()
    armored = keys.run("--armor", "--export", "plain", "sub")
    return {
        "database": database(exported),
        "keybox": keybox,
        "legacy": legacy,
        "exported": exported,
        "armored": armored,
    }


def test_every_form_of_a_keyring_and_a_signing_subkey_will_do(keys: Gpg) -> None:
    for form, keyring in keyrings(keys).items():
        for name in ("plain", "sub"):
            fingerprint, text = pgp.signer(keys.signed(TEXT, name), keyring, "web")
            listed = keys.run("--list-keys", "--with-colons", name).decode().splitlines()
            assert fingerprint == next(line.split(":")[9] for line in listed if line.startswith("fpr")), form
            check_statement(text, "web", "1.0.0", DIGEST, "web")


def test_the_wrong_key_text_or_form_is_refused(keys: Gpg) -> None:
    keyring = keys.run("--export", "plain", "sub")
    good = keys.signed(TEXT, "plain")
    refused = {
        "the keyring does not hold its key": keys.signed(TEXT, "other"),
        "was changed after it was signed": good.replace(b"1.0.0", b"1.0.1", 1),
        "it is not one signed text": b"and more\n" + good,
        "not one signed text": good + good,
        "one signed text": TEXT.encode(),
        "not find it good": good[: good.index(b"-----BEGIN PGP SIGNATURE")] + b"-----END PGP SIGNATURE-----",
        "the signature is wrong": keys.signed(TEXT, "plain", "--digest-algo", "SHA1", "--weak-digest", "MD5"),
    }
    for words, text in refused.items():
        with pytest.raises(SignatureError) as caught:
            pgp.signer(text, keyring, "web")
        if words not in ("not find it good", "the signature is wrong"):  # gpg has several words for these
            assert words in str(caught.value)
    database_of_another = database(keyring, kind=2)
    for keyring in (
        *(b"", b"not a keyring", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n"),
        *(database_of_another, database_of_another[:100], database_of_another[:4096], b"SQLite format 3\0"),
    ):
        with pytest.raises(SignatureError):
            pgp.signer(good, keyring, "web")


def test_a_revoked_key_is_refused(keys: Gpg) -> None:
    keys.key("gone")
    text = keys.signed(TEXT, "gone")
    fingerprint = next(
        line.split(":")[9]
        for line in keys.run("--list-keys", "--with-colons", "gone").decode().splitlines()
        if line.startswith("fpr")
    )
    revocation = (
        (keys.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text().replace(":-----BEGIN", "-----BEGIN")
    )
    keys.run("--import", data=revocation.encode())
    with pytest.raises(SignatureError, match="its key was revoked"):
        pgp.signer(text, keys.run("--export", "gone"), "web")


def test_an_expired_key_is_refused(keys: Gpg) -> None:
    then = ("--faked-system-time", "20200101T000000")
    keys.run(*then, "--quick-gen-key", "late <late@example.org>", "ed25519", "sign", "2020-02-01")
    with pytest.raises(SignatureError, match="its key has expired"):
        pgp.signer(keys.signed(TEXT, "late", *then), keys.run("--export", "late"), "web")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (provenance("web", "1.0.0", DIGEST, "renamed.tgz"), ""),
        (provenance("api", "1.0.0", DIGEST), "the signature is of api 1.0.0, not of web 1.0.0"),
        (provenance("web", "1.0.1", DIGEST), "of web 1.0.1, not"),
        (provenance("web", "1.0.0", "sha256:b"), "of sha256:b, and the archive is sha256:aaaa"),
        ("name: web\nversion: 1.0.0\n", "of no archive"),
        ("- [", "is no provenance of Helm"),
    ],
)
def test_the_signed_text_must_be_of_this_archive(statement: str, words: str) -> None:
    if not words:
        check_statement(statement.encode(), "web", "1.0.0", DIGEST, "web")
        return
    with pytest.raises(SignatureError) as caught:
        check_statement(statement.encode(), "web", "1.0.0", DIGEST, "web")
    assert words in str(caught.value)


def test_what_helm_signs_is_understood(keys: Gpg, tmp_path: Path) -> None:
    keys.key("helm", "rsa2048")
    secret = tmp_path / "secring.gpg"
    secret.write_bytes(keys.run("--export-secret-keys", "helm"))
    chart = write_chart(tmp_path / "web", {"templates/a.yaml": "a: 1\n"})
    command = [tool("helm"), "package", "--sign", "--key", "helm", "--keyring", str(secret), str(chart)]
    subprocess.run([*command, "--destination", str(tmp_path)], check=True, capture_output=True)
    archive = f"sha256:{hashlib.sha256((tmp_path / 'web-1.2.3.tgz').read_bytes()).hexdigest()}"
    signed = (tmp_path / "web-1.2.3.tgz.prov").read_bytes()
    _, text = pgp.signer(signed, keys.run("--export", "helm"), "web")
    check_statement(text, "web", "1.2.3", archive, "web")


def test_without_gpg_nothing_passes(keys: Gpg, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text, keyring = keys.signed(TEXT, "plain"), keys.run("--export", "plain")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorldError, match="gpg is not installed"):
        pgp.signer(text, keyring, "web")
