"""Values that sops encrypted: rendered from memory, secret in every output, never in the open on the disk."""

import subprocess
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.cli.test_sops import KEY, RECIPIENT, SECRET
from tests.support.platforms import CONFIG, platform, snapshot, verbs, write
from tests.support.tools import tool

CANARY = "canary-value-0451"
PLAIN = f"# of the shop\nlabel: front\nport: 81\npassword: {CANARY}\n"
SEALED = "values/web/default.yaml"
FILE = "rendered/default/web/shop/secret-login.yaml"


def encrypted(text: str) -> str:
    sops = tool("sops")
    argv = [sops, "--encrypt", "--age", RECIPIENT, "--input-type", "yaml", "--output-type", "yaml", "/dev/stdin"]
    return subprocess.run(argv, input=text, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(Path(tool("sops")).parent), prepend=":")
    monkeypatch.setenv("SOPS_AGE_KEY", KEY)
    files = {
        "charts/web/templates/s.yaml": SECRET,
        "values/web/common.yaml": "label: x\n",
        SEALED: encrypted(PLAIN),
        "pipeline.yaml": f"{CONFIG}secrets: {{rendered: sops}}\n",
        ".sops.yaml": f"creation_rules:\n  - age: {RECIPIENT}\n",
    }
    found = platform(tmp_path / "here", files)
    monkeypatch.chdir(found)
    verbs("vendor")
    return found


def test_they_are_rendered_and_no_file_holds_one(root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    verbs("render", "render --check", "render", "commit", "diff empty worktree")
    assert "port: 81" in (root / "rendered/default/web/shop/service-web.yaml").read_text()
    assert "a: front" in (root / FILE).read_text()
    assert not any(CANARY.encode() in data for place in (tmp_path, Path.home()) for data in snapshot(place).values())
    said = "".join(capfd.readouterr())
    assert CANARY not in said
    assert "reads no value" not in said


def test_they_are_hidden_where_values_are_shown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verbs("values web")
    said = capsys.readouterr().out
    assert CANARY not in said
    line = [text[:6] for text in (root / SEALED).read_text().splitlines()].index("label:") + 1
    assert f"label = <encrypted>  {SEALED}:{line} (default)" in said


def test_an_error_of_helm_shows_none(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(root, {"charts/web/templates/x.yaml": "{{ fail .Values.password }}"})
    verbs("vendor --update")
    assert run(["render"]) == 1
    said = "".join(capfd.readouterr())
    assert "does not render" in said
    assert CANARY not in said


def test_without_sops_or_a_key_there_is_one_clear_error(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("SOPS_AGE_KEY")
    assert run(["render"]) == 1
    assert f"pipeline: {SEALED} is encrypted, but there is no key for it here\n" in capsys.readouterr().err
    empty = root.parent / "empty"
    empty.mkdir()
    for name in ("git", "helm"):
        (empty / name).symlink_to(tool(name))
    monkeypatch.setenv("PATH", str(empty))
    assert run(["render"]) == 1
    said = capsys.readouterr().err
    assert f"pipeline: {SEALED} is encrypted, but sops is not installed\n" in said
    assert not (root / "rendered").exists()


def test_what_was_tampered_with_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        root,
        {SEALED: (root / SEALED).read_text().replace("label: ENC[AES256_GCM,data:", "label: ENC[AES256_GCM,data:AA")},
    )
    assert run(["render"]) == 1
    assert f"{SEALED}: " in capsys.readouterr().err
    assert not (root / "rendered").exists()


@pytest.mark.parametrize(("setting", "code"), [("refuse", 1), ("omit", 0), ("allow", 0)])
def test_a_secret_in_the_open_is_refused_unless_it_is_allowed(
    root: Path, setting: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {"pipeline.yaml": f"{CONFIG}secrets: {{rendered: {setting}}}\n"})
    assert run(["render"]) == code
    said = capsys.readouterr().err
    assert ("would be in plain text in Secret shop/login" in said) == bool(code)
    assert (root / FILE).exists() == (setting == "allow")


def test_a_copy_in_another_object_is_refused_unless_it_is_allowed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: copy}\ndata: {a: {{ .Values.password }}}\n"
    write(root, {"charts/web/templates/c.yaml": copy})
    verbs("vendor --update")
    assert run(["render"]) == 1
    said = capsys.readouterr().err
    assert f"a value that is encrypted in {SEALED} would be in plain text in ConfigMap shop/copy" in said
    assert not (root / "rendered").exists()
    write(root, {"pipeline.yaml": f"{CONFIG}secrets: {{rendered: sops, copies: allow}}\n"})
    verbs("render")


def test_a_release_may_have_its_own_setting(root: Path) -> None:
    own = CONFIG.replace("namespace: shop}", "namespace: shop, secrets: {rendered: sops}}")
    write(root, {"pipeline.yaml": own})
    verbs("render", "commit")
    assert "password: ENC[" in (root / FILE).read_text()
    write(root, {"pipeline.yaml": own.replace("rendered: sops", "rendered: omit")})
    verbs("render", "commit")
    assert not (root / FILE).exists()
