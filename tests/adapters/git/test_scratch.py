"""A second work tree for trying things out."""

import subprocess
from pathlib import Path

import pytest

from pipeline.adapters.git.scratch import scratch
from pipeline.adapters.guard import PRIVATE
from pipeline.cli.support.recovery_notice import recover_here
from pipeline.core.errors import UsageError, WorldError


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(("git", "-C", str(folder), *arguments), check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = tmp_path / "top"
    (top / "apps").mkdir(parents=True)
    git(tmp_path, "init", "--quiet", str(top))
    for name, value in (
        ("user.name", "a"),
        ("user.email", "a@example.org"),
        ("core.hooksPath", str(tmp_path / "hooks")),
    ):
        git(top, "config", name, value)
    (top / "apps" / "kept").write_text("1")
    (top / "apps" / "changed").write_text("1")
    (top / "apps" / "deleted").write_text("1")
    (top / ".gitignore").write_text("ignored\n")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", "first")
    return top


def test_it_holds_the_last_commit_and_is_gone_afterwards(repository: Path) -> None:
    (repository / "apps" / "changed").write_text("2")
    with scratch(repository / "apps") as folder:
        assert {path.name: path.read_text() for path in folder.iterdir()} == dict.fromkeys(
            ("kept", "changed", "deleted"), "1"
        )
        (folder / "kept").write_text("3")
    assert not folder.exists()
    assert git(repository, "worktree", "list").count("\n") == 1
    assert (repository / "apps" / "kept").read_text() == "1"


def test_uncommitted_changes_are_there_too(repository: Path) -> None:
    apps = repository / "apps"
    (apps / "changed").write_text("2")
    (apps / "deleted").unlink()
    (apps / "ignored").write_text("x")
    (apps / "new dir").mkdir()
    (apps / "new dir" / "ü\n").write_text("n")
    (apps / "link").symlink_to("kept")
    (repository / "outside").write_text("o")
    with scratch(apps, uncommitted=True) as folder:
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
        assert found == ["changed", "kept", "link", "new dir", "new dir/ü\n"]
        assert (folder / "changed").read_text() == "2"
        assert (folder / "link").is_symlink()
        assert not (folder.parent / "outside").exists()


def test_no_hook_runs_and_commits_stay(repository: Path, tmp_path: Path) -> None:
    hook = tmp_path / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    with scratch(repository) as folder:
        git(folder, "-c", "core.hooksPath=/dev/null", "checkout", "--quiet", "-b", "tried")
        (folder / "apps" / "kept").write_text("4")
        git(folder, "commit", "--quiet", "-am", "second")
    assert not (tmp_path / "ran").exists()
    assert git(repository, "show", "tried:apps/kept") == "4"


@pytest.mark.parametrize("start", ["top", "folder", "work tree"])
def test_what_a_kill_left_in_gits_directory_is_gone_after_any_run(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    """And a work tree of the user's own, whose disk is away, stays."""
    other = tmp_path / "other"
    for place in (tmp_path / f"{PRIVATE}scratch-of-a-killed-run/tree", tmp_path / "own", other):
        git(repository, "worktree", "add", "--quiet", "--detach", str(place))
    with scratch(repository):
        if start != "folder":  # where the guard of the killed run is late
            subprocess.run(("rm", "-rf", str(tmp_path / f"{PRIVATE}scratch-of-a-killed-run")), check=True)
        subprocess.run(("rm", "-rf", str(tmp_path / "own")), check=True)
        assert git(repository, "worktree", "list").count("\n") == 5
        monkeypatch.chdir({"top": repository, "folder": repository / "apps", "work tree": other}[start])
        recover_here()
        left = git(repository, "worktree", "list")
    assert left.count("\n") == 4  # the one at work among them
    assert "scratch-of-a-killed-run" not in left
    assert not (tmp_path / f"{PRIVATE}scratch-of-a-killed-run").exists()
    assert str(tmp_path / "own") in left


def test_without_a_repository_or_a_commit(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not inside a Git repository"), scratch(tmp_path):
        pass
    git(tmp_path, "init", "--quiet")
    with pytest.raises(WorldError, match="HEAD"), scratch(tmp_path):
        pass
