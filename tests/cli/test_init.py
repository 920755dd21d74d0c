"""``pipeline init`` writes what works, and ``pipeline doctor`` says what is there."""

import json
from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.core.config.read import schema
from tests.support.platforms import git, platform, snapshot, verbs, write


def test_what_init_writes_works_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "--quiet")
    verbs("init", "vendor", "render", "commit", "doctor")
    assert "rendered 0 releases" in capsys.readouterr().out
    before = snapshot(tmp_path)
    assert run(["init"]) == 64
    assert "already exists" in capsys.readouterr().err
    assert snapshot(tmp_path) == before


def test_what_init_writes_holds_where_git_converts_line_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, clone = platform(tmp_path / "here", {"values/web/common.yaml": "port: 81\n"}), tmp_path / "clone"
    config = (root / "pipeline.yaml").read_text()
    (root / "pipeline.yaml").unlink()
    git(root, "config", "core.autocrlf", "true")
    monkeypatch.chdir(root)
    verbs("init")
    write(root, {"pipeline.yaml": config})
    verbs("vendor", "render")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "all")
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "--quiet", str(root), str(clone))
    monkeypatch.chdir(clone)
    assert b"\r" in (clone / "pipeline.yaml").read_bytes()
    verbs("vendor --locked", "render --check", "diff ref:HEAD worktree", "render", "commit --dry-run")


def test_an_existing_gitattributes_is_let_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(tmp_path, {".gitattributes": "* text=auto\n"}))
    verbs("init")
    assert (tmp_path / ".gitattributes").read_text() == "* text=auto\n"


def test_every_commented_line_is_right_once_it_is_uncommented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    verbs("init")
    lines = (tmp_path / "pipeline.yaml").read_text().splitlines()
    code = [_uncommented(line) for line in lines[1:] if line != "releases: []"]  # the first is for editors
    (tmp_path / "pipeline.yaml").write_text("\n".join(code).replace("- name: cert", "releases:\n- name: cert") + "\n")
    text = (tmp_path / "pipeline.yaml").read_text().replace("  needs: [other-release]", "  needs: []")
    (tmp_path / "pipeline.yaml").write_text(text)
    verbs("doctor")


def _uncommented(line: str) -> str:
    start, mark, rest = line.partition("# ")
    keyed = (
        ":" in rest.split("#")[0] and not rest[:1].isupper() and "pipeline init" not in rest and "its Kust" not in rest
    )
    return f"{start}{rest}" if mark and not start.strip() and (keyed or rest.lstrip().startswith("- ")) else line


def test_doctor_names_what_is_wrong_with_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(write(tmp_path, {"pipeline.yaml": "releses: []\n"}))
    assert run(["doctor"]) == 1
    assert "pipeline.yaml:1:1: unknown key 'releses'; did you mean 'releases'?" in capsys.readouterr().err


def test_doctor_says_what_is_missing_for_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(platform(tmp_path, {"overlays/web/kustomization.yaml": "resources: [chart.yaml]\n"}))
    verbs("doctor")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert run(["doctor"]) == 1
    said = capsys.readouterr()
    assert "git is missing; apply, approve, commit, diff, init, mesh, outdated, plan, " in said.err
    assert "Kustomize is missing" in said.err


def test_editors_find_the_schema_that_the_modeline_names(tmp_path: Path) -> None:
    assert run(["init", str(tmp_path)]) == 0
    first = (tmp_path / "pipeline.yaml").read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert named != first
    written = json.loads((tmp_path / named).read_text())
    assert written == schema()
    assert written["$id"].startswith("urn:")


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "pipeline.yaml"


def test_doctor_says_which_credentials_vendor_will_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = "{url: 'https://charts.example.org', tokenEnv: OF_THE_SHOP}"
    text = f"repositories: {{shop: {shop}}}\nreleases: [{{name: web, chart: shop/web, namespace: a}}]\n"
    (tmp_path / "pipeline.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert run(["doctor"]) == 0
    assert "shop: $OF_THE_SHOP is not set" in capsys.readouterr().out
    monkeypatch.setenv("OF_THE_SHOP", "token")
    assert run(["doctor"]) == 0
    assert "OF_THE_SHOP" not in capsys.readouterr().out
