"""Signatures by the real ssh-keygen, with keys of every sort, and everything that must not pass for one."""

import base64
import contextlib
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.adapters.approvals.ssh_signature import BadSignatureError, Signers, armoured, sign
from pipeline.core.cluster.approval.approval import NAMESPACE, from_bytes, signed_bytes, to_bytes
from pipeline.core.errors import UsageError, WorldError
from tests.support.odd_files import FILES, damaged
from tests.support.plans import NOW, plan, yes
from tests.support.ssh import key, keygen, public
from tests.support.tools import tool

ADA, BOB = "ada@example.org", "bob@example.org"
DATA = b"exactly this\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "bob"):
        key(folder, name)
    return folder


def signers(text: str, at: float = NOW) -> Signers:
    return Signers(text.encode(), NAMESPACE, at)


def refusal(who: Signers, signature: str, principal: str = BOB, data: bytes = DATA) -> str:
    with pytest.raises(BadSignatureError) as caught:
        who.verify(data, signature, principal)
    return str(caught.value)


def test_whoever_signed_is_found_and_verified(keys: Path) -> None:
    signature = sign(DATA, keys / "bob", NAMESPACE)
    both = signers(f"{ADA} {public(keys / 'ada')}\n{BOB} {public(keys / 'bob')}\n")
    assert both.principals(signature) == (BOB,)
    fingerprint = both.verify(DATA, signature, BOB)
    assert fingerprint in keygen(["-l", "-f", str(keys / "bob.pub")])


def test_what_is_not_their_signature_over_this_is_refused(keys: Path) -> None:
    signature = sign(DATA, keys / "bob", NAMESPACE)
    both = signers(f"{ADA} {public(keys / 'ada')}\n{BOB} {public(keys / 'bob')}\n")
    assert "not that of 'bob@example.org' over" in refusal(both, signature, data=DATA + b" ")
    assert "is that of 'bob@example.org', not of 'ada@example.org'" in refusal(both, signature, ADA)
    assert "not that of" in refusal(both, sign(DATA, keys / "bob", "file"))
    assert "not among the allowed signers" in refusal(signers(f"{ADA} {public(keys / 'ada')}"), signature)
    assert "not among the allowed signers" in refusal(signers(""), signature)
    assert "not among the allowed signers" in refusal(signers("\0 garbage\nssh-ed25519\n"), signature)
    assert "malformed" in refusal(both, "")
    assert "malformed" in refusal(both, signature.replace("\n", "\r\n"))
    assert "malformed" in refusal(both, f"x{signature}")


def test_a_key_for_other_namespaces_signs_no_approval(keys: Path) -> None:
    signature = sign(DATA, keys / "bob", NAMESPACE)
    assert "not that of" in refusal(signers(f'{BOB} namespaces="git" {public(keys / "bob")}'), signature)
    signers(f'{BOB} namespaces="git,{NAMESPACE}" {public(keys / "bob")}').verify(DATA, signature, BOB)


@pytest.mark.parametrize(
    ("options", "fine"),
    [
        ('valid-after="20261124015959"', True),
        ('valid-after="20261124020001"', False),
        ('valid-before="20261124020001"', True),
        ('valid-before="20261124015959"', False),
    ],
)
def test_a_keys_life_is_that_at_the_time_asked_for_in_utc(
    keys: Path, options: str, fine: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    signature = sign(DATA, keys / "bob", NAMESPACE)
    who = signers(f"{BOB} {options} {public(keys / 'bob')}")
    if fine:
        assert who.verify(DATA, signature, BOB)
    else:
        assert "not at that time" in refusal(who, signature)


def test_a_pattern_names_nobody(keys: Path) -> None:
    signature = sign(DATA, keys / "bob", NAMESPACE)
    who = signers(f"*@example.org {public(keys / 'bob')}")
    assert "name the person" in refusal(who, signature, "*@example.org")
    assert "not of 'bob@example.org'" in refusal(who, signature, BOB)
    assert who.may_be(DATA, signature, ADA)
    assert not who.may_be(DATA, signature, "ada@example.net")


def test_a_certificates_names_count_where_its_authority_is_trusted(tmp_path: Path) -> None:
    authority = key(tmp_path, "authority")
    key(tmp_path, "carol")
    argv = ["-q", "-s", str(authority), "-I", "id", "-n", "carol@example.org", "-V", "20261101Z:20261201Z"]
    keygen([*argv, str(tmp_path / "carol.pub")])
    signature = sign(DATA, tmp_path / "carol-cert.pub", NAMESPACE)
    who = signers(f"*@example.org cert-authority {public(authority)}")
    assert who.principals(signature) == ("carol@example.org",)
    assert who.verify(DATA, signature, "carol@example.org").startswith("SHA256:")
    assert "not of" in refusal(who, signature, BOB)


@pytest.fixture
def agent(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    socket = tmp_path / "agent"
    process = subprocess.Popen([tool("ssh-agent"), "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    while not socket.exists():
        assert process.poll() is None
    subprocess.run([tool("ssh-add"), "-q", str(keys / "bob")], check=True)
    yield
    process.terminate()
    process.wait()


@pytest.mark.usefixtures("agent")
def test_an_agents_key_is_named_by_its_public_half(keys: Path, tmp_path: Path) -> None:
    lone = tmp_path / "bob.pub"
    lone.write_text((keys / "bob.pub").read_text())
    signature = sign(DATA, lone, NAMESPACE)
    assert signers(f"{BOB} {public(keys / 'bob')}").verify(DATA, signature, BOB)


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_other_kinds_of_keys_sign_as_well(kind: str, tmp_path: Path) -> None:
    other = key(tmp_path, "k", kind=kind)
    assert signers(f"{BOB} {public(other)}").verify(DATA, sign(DATA, other, NAMESPACE), BOB)


def test_a_key_that_cannot_sign_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        sign(DATA, tmp_path / "none", NAMESPACE)
    (tmp_path / "none.pub").write_text("no key at all")
    with pytest.raises(WorldError, match="ssh-keygen exited with 255"):
        sign(DATA, tmp_path / "none.pub", NAMESPACE)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(WorldError, match="ssh-keygen is not installed") as caught:
        sign(DATA, tmp_path / "none.pub", NAMESPACE)
    assert "8.2" in caught.value.hint


def test_nothing_is_left_behind(keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    signature = sign(DATA, keys / "bob", NAMESPACE)
    signers(f"{BOB} {public(keys / 'bob')}").verify(DATA, signature, BOB)
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_byte_of_a_signed_approval_that_changes_voids_it(keys: Path, place: float, bit: int) -> None:
    made = yes(plan(), BOB)
    signed = msgspec.structs.replace(made, signature=sign(signed_bytes(made), keys / "bob", NAMESPACE))
    data = bytearray(to_bytes(signed))
    assert signers(f"{BOB} {public(keys / 'bob')}").verify(signed_bytes(signed), signed.signature, BOB)
    data[int(place * len(data))] ^= 1 << bit
    try:
        read = from_bytes(bytes(data), "a.json")
    except UsageError:
        return
    assert read != signed
    refusal(signers(f"{BOB} {public(keys / 'bob')}"), read.signature, read.approver, signed_bytes(read))


@given(st.binary(min_size=1, max_size=200), st.sampled_from(["\n", "\r\n", "\v", "\n\n", ""]))
def test_an_armour_has_one_spelling(raw: bytes, end: str) -> None:
    body = base64.b64encode(raw).decode()
    text = f"-----BEGIN SSH SIGNATURE-----\n{body[:9]}{end}{body[9:]}\n-----END SSH SIGNATURE-----"
    once = armoured(text)
    assert once.endswith("-----\n")
    assert armoured(once) == once


@pytest.mark.parametrize("text", ["", "-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n", "a\nb\nc"])
def test_what_is_no_armour_has_none(text: str) -> None:
    assert armoured(text) == ""


def test_whatever_stands_in_the_allowed_signers_somebody_signed_or_nobody_did(keys: Path) -> None:
    """Odd files, and a good one with one change each: never another signer, never an error of another kind."""
    signature = sign(DATA, keys / "bob", NAMESPACE)
    good = f'{BOB} namespaces="{NAMESPACE}" {public(keys / "bob")}\n{ADA} {public(keys / "ada")}\n'.encode()
    assert Signers(good, NAMESPACE, NOW).principals(signature) == (BOB,)
    chances = [random.Random(number) for number in range(int(os.environ.get("PIPELINE_FUZZ", "60")) // 2)]
    for text in (*FILES.values(), *(damaged(good, chance) for chance in chances)):
        who = Signers(text, NAMESPACE, NOW)
        assert ADA not in who.principals(signature)
        with contextlib.suppress(BadSignatureError):
            assert who.verify(DATA, signature, BOB).startswith("SHA256:")
        assert not Signers(text, NAMESPACE, NOW).may_be(b"other", signature, BOB)
