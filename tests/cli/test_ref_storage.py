"""Git keeps references in files or in tables (reftable, 2.45 and newer): every verb works with both.

The tests of reftable use the ``git`` on the PATH, and are skipped where it knows no tables.
"""

import subprocess
from pathlib import Path

import pytest

from pipeline.cli import run
from tests.support.platforms import git, platform, verbs, write

UNDER_WAY = ("merge", "cherry-pick", "revert")
KILLING = '#!/bin/sh\n[ "$1" = prepared ] || exit 0\nrm "$0"\nkill -9 "$PPID"\nsleep 1\n'
"""A hook that ends Git while it holds the locks of the references that it is about to change."""


def knows_tables(folder: Path) -> bool:
    asked = ["git", "init", "--quiet", "--ref-format=reftable", str(folder)]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.fixture(params=["files", "reftable"])
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "platform"
    if request.param == "reftable" and not knows_tables(root):
        pytest.skip("this Git has no reftable (2.45 and newer have)")
    platform(root)
    assert (root / ".git/reftable").is_dir() == (request.param == "reftable")
    monkeypatch.chdir(root)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    verbs("vendor", "render", "commit")
    return root


def change(root: Path) -> None:
    write(root, {"values/web/common.yaml": "port: 81\n"})
    verbs("render")


def test_what_reads_commits_and_branches_reads_them(here: Path) -> None:
    git(here, "branch", "old")
    git(here, "tag", "--annotate", "v1", "--message", "v1")
    git(here, "pack-refs", "--all")
    change(here)
    verbs("commit -b up")
    for old in ("ref:old", "ref:v1", "ref:main", "ref:HEAD~1", "merge-base"):
        for new in ("ref:HEAD", "worktree"):
            assert run(["diff", "--detailed-exitcode", old, new]) == 2, (old, new)
    verbs("show Service/web", "values web", "vendor --locked", "render --check", "doctor")
    git(here, "switch", "--quiet", "--detach")
    write(here, {"values/web/common.yaml": "port: 82\n"})
    verbs("render", "commit")
    assert git(here, "log", "-1", "--format=%D") == "HEAD\n"
    git(here, "fsck", "--strict")


@pytest.mark.parametrize("what", UNDER_WAY)
def test_no_commit_is_made_during_one_of_gits_own(here: Path, capsys: pytest.CaptureFixture[str], what: str) -> None:
    for branch, text in (("main", "a"), ("side", "b"), ("main", "c")):
        git(here, "switch", "--quiet", *(["-c"] if text == "b" else []), branch)
        write(here, {"note.txt": text})
        git(here, "add", "note.txt")
        git(here, "commit", "--quiet", "--message", text)
    change(here)
    asked = {"merge": ["merge", "side"], "cherry-pick": ["cherry-pick", "side"], "revert": ["revert", "HEAD~1"]}[what]
    assert subprocess.run(["git", "-C", str(here), *asked], capture_output=True, check=False).returncode
    before = git(here, "rev-parse", "HEAD")
    capsys.readouterr()
    assert run(["commit"]) == 1
    assert f"a {what} is under way" in capsys.readouterr().err
    assert git(here, "rev-parse", "HEAD") == before
    git(here, what, "--abort")
    verbs("commit")


@pytest.mark.parametrize("tree", ["main work tree", "linked"])
@pytest.mark.parametrize("branch", ["", "up"])
def test_locks_of_a_killed_git_are_gone(here: Path, monkeypatch: pytest.MonkeyPatch, tree: str, branch: str) -> None:
    if tree == "linked":
        git(here, "worktree", "add", "--quiet", "-b", "other", "../linked")
        monkeypatch.chdir(here.parent / "linked")
    root = Path.cwd()
    change(root)
    before = git(root, "rev-parse", "HEAD")
    hook = here / ".git/hooks/reference-transaction"
    write(here, {".git/hooks/reference-transaction": KILLING})
    hook.chmod(0o755)
    assert run(["commit", *(["-b", branch] if branch else [])]) == 1
    assert git(root, "rev-parse", "HEAD") == before
    assert not [*(here / ".git").rglob("*.lock"), *(here / ".git").rglob("pipeline/*.json")]
    verbs(f"commit -b {branch}" if branch else "commit")
    assert git(root, "rev-parse", "HEAD~1") == before
    git(root, "fsck", "--strict")
