"""Checkouts that hold less, or other bytes, than was committed: each works, or says exactly why not."""

import shutil
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import git, platform, verbs, write

Output = pytest.CaptureFixture[str]
SERVICE = "rendered/default/web/shop/service-web.yaml"


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose last of three commits changes a port."""
    root = platform(tmp_path / "origin")
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    write(root, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")
    git(root, "add", "values")
    git(root, "commit", "--quiet", "--message", "values")
    verbs("commit")
    git(root, "config", "uploadpack.allowFilter", "true")
    return root


def cloned(origin: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Path:
    root = origin.parent / "clone"
    git(origin, "clone", "--quiet", *options, f"file://{origin}", str(root))
    monkeypatch.chdir(root)
    return root


@pytest.mark.parametrize("only", ["values", "charts", "vendor_charts", "overlays values", "rendered/default/none"])
def test_a_sparse_checkout_is_not_everything_removed(
    origin: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, only: str
) -> None:
    root = cloned(origin, monkeypatch)
    git(root, "sparse-checkout", "set", *only.split())
    assert not (root / "rendered/default/web").exists()
    head = git(root, "rev-parse", "HEAD")
    for verb in (["diff"], ["diff", "ref:HEAD~1", "worktree"], ["commit"], ["render"], ["render", "--check"]):
        assert run(verb) == 64
        said = capsys.readouterr().err
        assert "not checked out (this is a sparse checkout)" in said
        assert "git sparse-checkout add rendered vendor_charts" in said
    assert git(root, "rev-parse", "HEAD") == head
    git(root, "sparse-checkout", "add", "rendered", "vendor_charts", "values", "overlays")
    verbs("diff", "render --check", "commit")


def test_a_sparse_checkout_of_our_folder_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = write(tmp_path / "top", {"other/x": "1"})
    root = platform(top / "team")
    (root / ".git").rename(top / ".git")
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "--message", "all")
    git(top, "sparse-checkout", "set", "team")
    assert not (top / "other").exists()
    verbs("diff ref:HEAD worktree", "render --check")
    write(root, {"values/web/common.yaml": "port: 81\n"})
    verbs("render", "commit")
    assert git(top, "ls-tree", "--name-only", "HEAD").split() == ["other", "team"]


def test_a_shallow_clone_says_that_it_is_one(origin: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    root = cloned(origin, monkeypatch, "--depth=1")
    verbs("render --check", "diff ref:HEAD worktree")
    git(root, "checkout", "--quiet", "--orphan", "other")
    git(root, "commit", "--quiet", "--message", "apart")
    capsys.readouterr()
    for arguments in (["diff"], ["diff", "ref:HEAD~5", "worktree"]):
        assert run(arguments) == 64
        assert "this clone is shallow: git fetch --unshallow" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_what_it_needs(origin: Path, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    root = cloned(origin, monkeypatch, f"--filter={option}")
    assert run(["diff", "--detailed-exitcode", "ref:HEAD~1", "worktree"]) == 2
    write(root, {"values/web/common.yaml": "port: 82\n"})
    verbs("render", "commit")


def test_a_partial_clone_without_its_origin_says_what_is_missing(
    origin: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    cloned(origin, monkeypatch, "--filter=blob:none")
    origin.rename(origin.with_name("gone"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(origin.with_name("cache")))  # else an equal comparison is known
    assert run(["diff", "ref:HEAD~1", "worktree"]) == 1
    assert "Could not read from remote repository" in capsys.readouterr().err


@pytest.mark.parametrize("setting", ["true", "input", "false"])
def test_line_ends_that_git_converts_are_named(
    origin: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, setting: str
) -> None:
    root = cloned(origin, monkeypatch, "--config", f"core.autocrlf={setting}")
    capsys.readouterr()
    if setting != "true":
        verbs("diff ref:HEAD worktree", "render --check")
        return
    assert run(["diff", "ref:HEAD", "worktree"]) == 4
    said = capsys.readouterr().err
    assert f"{SERVICE} has other line ends than it was rendered with (core.autocrlf" in said
    assert "rendered/** -text" in said
    assert run(["commit"]) == 4
    write(root, {".gitattributes": "rendered/** -text\npipeline.lock -text\n"})
    git(root, "rm", "-r", "--quiet", "--cached", "rendered", "pipeline.lock")
    git(root, "reset", "--quiet", "--hard")
    write(root, {".gitattributes": "rendered/** -text\npipeline.lock -text\n"})
    git(root, "checkout-index", "--force", "--all")
    for path in ("rendered", "pipeline.lock"):
        git(root, "checkout", "HEAD", "--", path)
    verbs("render", "diff ref:HEAD worktree", "commit")


@pytest.mark.parametrize("folder", ["rendered", "vendor_charts"])
def test_a_folder_of_ours_that_is_a_submodule_is_named(
    origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output, folder: str
) -> None:
    inner = write(tmp_path / "inner", {"x": "1"})
    git(inner, "init", "--quiet")
    git(inner, "add", ".")
    git(inner, "commit", "--quiet", "--message", "inner")
    git(origin, "rm", "-r", "--quiet", folder)
    git(origin, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), folder)
    git(origin, "commit", "--quiet", "--message", "submodule")
    monkeypatch.chdir(origin)
    verbs("vendor", "render")
    capsys.readouterr()
    assert run(["commit"]) == 64
    assert "is a Git submodule: its files belong to another repository" in capsys.readouterr().err


def test_somebody_elses_checkout_is_refused_with_gits_own_reason(
    origin: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    real = shutil.which("git")
    shim = write(origin.parent / "bin", {"git": f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {real} "$@"\n'})
    (shim / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim}:/usr/bin:/bin")
    for verb in (["diff"], ["commit"], ["commit", "-b", "up"]):
        assert run(verb) == 1
        said = capsys.readouterr().err
        assert "detected dubious ownership in repository" in said
        assert "git config --global --add safe.directory" in said
    verbs("render", "vendor")
