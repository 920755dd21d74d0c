"""``secrets.rendered: sops`` with the real sops: encrypted in the tree, and a file stays while what it says does."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from pipeline.adapters.sops import find
from pipeline.cli import run
from pipeline.core.errors import WorldError
from pipeline.core.yaml.writer import dump
from pipeline.flows.committed import ReleaseSelection, committed
from pipeline.wiring import repository
from tests.support.platforms import CONFIG, git, platform, snapshot, verbs, write
from tests.support.tools import tool

CANARY = "canary-value-0451"
KEY = "AGE-SECRET-KEY-1KXC9MQP7WCW2YXM2WKN6U55H8FLS29ZP2KCN306JJETZ4N9J93XSQJ8AET"  # made for these tests
RECIPIENT = "age10wq9pe3anfnyt6whrwtwl6mnyjmjtqzz2azss9vnpwx42m674fxqwkm6hf"
SECRET = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: login, labels: {a: {{ .Values.label }}}}\n"
    "stringData: {password: {{ .Values.password | quote }}}\n"
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: empty}\n"
)
FILE = "rendered/default/web/shop/secret-login.yaml"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(Path(tool("sops")).parent), prepend=":")
    monkeypatch.setenv("SOPS_AGE_KEY", KEY)
    files = {
        "charts/web/templates/s.yaml": SECRET,
        "values/web/common.yaml": f"label: x\npassword: {CANARY}\n",
        "pipeline.yaml": f"{CONFIG}secrets: {{rendered: sops}}\n",
        ".sops.yaml": f"creation_rules:\n  - age: {RECIPIENT}\n",
    }
    found = platform(tmp_path, files)
    monkeypatch.chdir(found)
    verbs("vendor", "render")
    return found


def test_only_data_is_encrypted_and_the_tree_can_be_committed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (root / FILE).read_text()
    assert re.search(r"password: ENC\[AES256_GCM", text)
    assert "kind: Secret" in text
    assert "a: x" in text
    assert "sops" not in (root / "rendered/default/web/shop/secret-empty.yaml").read_text()
    verbs("commit", "diff empty worktree", "diff empty worktree -o json")
    assert CANARY not in capsys.readouterr().out
    assert not any(CANARY.encode() in data for path, data in snapshot(root).items() if path.startswith("rendered/"))
    assert CANARY not in git(root, "show", "HEAD")


@pytest.mark.parametrize("with_key", [True, False])
def test_equal_plain_text_keeps_its_file(root: Path, monkeypatch: pytest.MonkeyPatch, *, with_key: bool) -> None:
    if not with_key:
        monkeypatch.delenv("SOPS_AGE_KEY")
    before = snapshot(root)
    verbs("render", "render --check")
    assert snapshot(root) == before


def test_a_new_value_is_encrypted_anew_and_the_diff_says_that_it_changed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verbs("commit")
    before = (root / FILE).read_bytes()
    write(root, {"values/web/common.yaml": "label: x\npassword: another-value-1984\n"})
    assert run(["render", "--check"]) == 4
    verbs("render")
    assert (root / FILE).read_bytes() != before
    capsys.readouterr()
    verbs("diff ref:HEAD worktree -o json")
    out = capsys.readouterr().out
    assert "stringData" in out
    assert '"lastmodified"' not in out
    assert "another-value-1984" not in out


def test_another_label_alone_is_written_and_another_input_alone_is_not(root: Path) -> None:
    before = (root / FILE).read_bytes()
    write(root, {"values/web/common.yaml": f"label: x\npassword: {CANARY}\nunused: 1\n"})
    verbs("render")
    assert (root / FILE).read_bytes() == before
    write(root, {"values/web/common.yaml": f"label: z\npassword: {CANARY}\n"})
    verbs("render")
    assert b"a: z" in (root / FILE).read_bytes()


def test_without_a_key_a_file_that_was_touched_is_encrypted_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOPS_AGE_KEY")
    forged = (root / FILE).read_text().replace("password: ENC[", "password: ENC[x")
    (root / FILE).write_text(forged)
    assert run(["render", "--check"]) == 4
    verbs("render")
    assert (root / FILE).read_text() != forged


def test_a_record_of_sops_around_plain_values_deceives_nobody(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (root / FILE).read_text()
    (root / FILE).write_text(re.sub(r"password: ENC.*", f"password: {CANARY}", text))
    assert run(["commit"]) == 4  # edited by hand, which is said first
    err = capsys.readouterr().err
    assert FILE in err
    assert CANARY not in err


def test_what_is_applied_is_decrypted_and_never_without_a_key(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = repository()
    objects = dict(committed(here.worktree, ReleaseSelection(), here.unseal()))
    assert objects[FILE].body["stringData"] == {"password": CANARY}
    assert "sops" not in objects[FILE].body
    monkeypatch.delenv("SOPS_AGE_KEY")
    with pytest.raises(WorldError, match="there is no key for it"):
        committed(here.worktree, ReleaseSelection(), here.unseal())
    (root / FILE).write_text((root / FILE).read_text().replace("password: ENC[", "password: ENC[x"))
    with pytest.raises(WorldError, match="changed since it was rendered"):
        committed(here.worktree, ReleaseSelection(), here.unseal())


def test_every_text_comes_back_as_it_was(root: Path) -> None:
    texts = json.loads((Path(__file__).parents[1] / "data/nasty_strings.json").read_text())
    named = {f"k{number}": text for number, text in enumerate(texts)}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "annotations": named}}
    values = {"data": {"z": "eA==", "a": "eQ=="}, "stringData": named}
    sops = find(root)
    sealed = sops.encrypt("rendered/x.yaml", values)
    assert sops.decrypt("rendered/x.yaml", sealed) == values
    command = [sops.binary, "decrypt", "--input-type=yaml", "--output-type=json", "--filename-override=x.yaml"]
    done = subprocess.run(command, input=dump(body | dict(sealed)).encode(), capture_output=True, check=True)
    found = json.loads(done.stdout)
    assert {key: found[key] for key in values} == values


def test_what_is_missing_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (root / FILE).unlink()
    (root / ".sops.yaml").write_text("creation_rules:\n  - {path_regex: ^other/, age: x}\n")
    before = snapshot(root)
    assert run(["render"]) == 1
    err = capsys.readouterr().err
    assert f"{FILE}: sops exited with" in err
    assert "creation rule" in err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["render"]) == 1
    err = capsys.readouterr().err
    assert "sops is not installed" in err
    assert CANARY not in err
    assert snapshot(root) == before
