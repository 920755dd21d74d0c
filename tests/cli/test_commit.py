"""``pipeline commit`` with real Git: whole or not at all, whatever was staged before, in every kind of repository."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.adapters.git import locks
from pipeline.cli import run
from tests.support.platforms import git, platform, snapshot, verbs, write
from tests.support.runner_log import heard

HOOK = "#!/bin/sh\necho 'not on a Friday' >&2\nexit 1\n"
RENDERED = "rendered/default/web/shop/service-web.yaml"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    return root


def next_version(root: Path) -> None:
    chart = (root / "charts/web/Chart.yaml").read_text()
    write(root, {"charts/web/Chart.yaml": chart.replace("1.0.0", "1.1.0"), "values/web/common.yaml": "port: 81\n"})
    verbs("vendor --update", "render")


def state(root: Path) -> tuple[str, ...]:
    asked = ("status --porcelain", "rev-parse HEAD", "symbolic-ref HEAD", "branch --format=%(refname)")
    return tuple(git(root, *line.split()) for line in asked)


def refuse(root: Path, name: str = "pre-commit") -> Path:
    hook = write(root, {f".git/hooks/{name}": HOOK}) / f".git/hooks/{name}"
    hook.chmod(0o755)
    return hook


def all_staged(root: Path) -> None:
    git(root, "add", "--all")


def our_new_file_staged(root: Path) -> None:
    git(root, "add", "vendor_charts/web/1.1.0/Chart.yaml")


def ours_removed_from_the_index(root: Path) -> None:
    git(root, "rm", "--quiet", "--cached", "-r", RENDERED, "vendor_charts/web/1.0.0")


def nothing_staged(_root: Path) -> None:
    return


def other_content_staged(root: Path) -> None:
    kept = (root / RENDERED).read_text()
    write(root, {RENDERED: "# something else\n"})
    git(root, "add", RENDERED)
    write(root, {RENDERED: kept})


@pytest.mark.parametrize(
    "before", [nothing_staged, all_staged, our_new_file_staged, ours_removed_from_the_index, other_content_staged]
)
def test_a_new_version_is_committed_whatever_was_staged(here: Path, before: Callable[[Path], None]) -> None:
    next_version(here)
    write(here, {"mine.txt": "1"})
    git(here, "add", "mine.txt")
    before(here)
    verbs("commit")
    files = set(git(here, "show", "--name-only", "--format=", "--no-renames", "HEAD").split())
    assert {"vendor_charts/web/1.0.0/Chart.yaml", "vendor_charts/web/1.1.0/Chart.yaml", "pipeline.lock"} <= files
    assert [path for path in files if path.startswith(("charts/", "mine"))] == ["charts/web/Chart.yaml"]
    assert "values/web/common.yaml" in files, "a part of what was rendered"
    assert git(here, "diff", "--cached", "--name-only", "--", "rendered", "vendor_charts", "pipeline.lock") == ""
    assert git(here, "diff", "--name-only", "--", "rendered", "vendor_charts", "pipeline.lock") == ""
    assert "A  mine.txt" in git(here, "status", "--porcelain").splitlines()


@pytest.mark.parametrize("stop", ["hook", "message hook", "identity", "signing", "lock", "merge"])
@pytest.mark.parametrize("branch", ["", "up"])
def test_a_commit_that_git_refuses_leaves_everything_as_it_was(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stop: str, branch: str
) -> None:
    monkeypatch.setattr(locks, "_PATIENCE_SECONDS", 0.1)
    next_version(here)
    git(here, "add", "--all")
    match stop:
        case "hook":
            refuse(here)
        case "message hook":
            refuse(here, "commit-msg")
        case "identity":
            git(here, "config", "user.useConfigOnly", "true")
            for name in [name for name in os.environ if name.endswith(("_NAME", "_EMAIL")) and name.startswith("GIT_")]:
                monkeypatch.delenv(name)
        case "signing":
            git(here, "config", "commit.gpgsign", "true")
            git(here, "config", "gpg.program", "/bin/false")
        case "lock":
            write(here, {".git/index.lock": ""})
        case "merge":
            write(here, {".git/MERGE_HEAD": git(here, "rev-parse", "HEAD")})
    before, files = state(here) if stop != "lock" else (), snapshot(here)
    assert run(["commit", *(["--branch", branch] if branch else [])]) == 1
    assert "pipeline: " in capsys.readouterr().err
    (here / ".git/index.lock").unlink(missing_ok=True)
    assert before in (state(here), ())
    assert snapshot(here) == files
    assert git(here, "symbolic-ref", "--short", "HEAD") == "main\n"
    assert not list((here / ".git").glob("pipeline/*"))


@pytest.mark.parametrize("start", ["branch", "detached", "unborn"])
def test_a_branch_that_is_refused_is_left_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    root = platform(tmp_path / "platform")
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    match start:
        case "detached":
            git(root, "checkout", "--quiet", "--detach")
        case "unborn":
            shutil.rmtree(root / ".git")
            git(root, "init", "--quiet")
    hook, head = refuse(root), (root / ".git/HEAD").read_text()
    assert run(["commit", "-b", "up"]) == 1
    assert (root / ".git/HEAD").read_text() == head
    assert git(root, "for-each-ref", "refs/heads/up") == ""
    hook.unlink()
    verbs("commit -b up")
    assert git(root, "branch", "--show-current") == "up\n"
    assert git(root, "status", "--porcelain", "--untracked-files=no") == ""
    if start == "branch":
        git(root, "switch", "-")
        assert git(root, "branch", "--show-current") == "main\n"


@pytest.mark.parametrize("name", ["main", "a..b", "-x", "", "HEAD"])
def test_a_branch_that_cannot_be_is_refused_before_anything_happens(here: Path, name: str) -> None:
    next_version(here)
    before = state(here)
    assert run(["commit", f"--branch={name}"]) == (64 if name else 0)
    assert not name or state(here) == before


def test_the_lock_of_git_is_named_with_its_age_and_the_way_out(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(locks, "_PATIENCE_SECONDS", 0.1)
    next_version(here)
    lock = write(here, {".git/index.lock": ""}) / ".git/index.lock"
    old = lock.stat().st_mtime - 3 * 3600
    os.utime(lock, (old, old))
    assert run(["commit"]) == 1
    said = capsys.readouterr().err
    assert f"{lock} is 3 h old" in said
    assert f"rm {lock}" in said


def test_hooks_run_as_ever_and_what_they_change_is_committed(here: Path) -> None:
    next_version(here)
    hooks = {
        "pre-commit": "#!/bin/sh\necho 1 > hooked.txt\ngit add hooked.txt\n! git diff --cached --quiet\n",
        "commit-msg": "#!/bin/sh\necho 'Reviewed-by: nobody' >> $1\n",
        "post-commit": "#!/bin/sh\ngit rev-parse HEAD > posted\n",
    }
    for name, text in hooks.items():
        (write(here, {f".git/hooks/{name}": text}) / f".git/hooks/{name}").chmod(0o755)
    verbs("commit")
    assert git(here, "show", "HEAD:hooked.txt") == "1\n"
    assert "Reviewed-by: nobody" in git(here, "log", "-1", "--format=%B")
    assert (here / "posted").read_text() == git(here, "rev-parse", "HEAD")
    assert "hooked.txt" not in git(here, "status", "--porcelain")


def sha256(root: Path) -> Path:
    git(root, "init", "--quiet", "--object-format=sha256")
    return root


def linked(root: Path) -> Path:
    git(root, "init", "--quiet")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(root, "worktree", "add", "--quiet", "-b", "side", "../linked")
    return root.parent / "linked"


def submodule(root: Path) -> Path:
    inner = root.parent / "inner"
    inner.mkdir()
    for folder in (root, inner):
        git(folder, "init", "--quiet")
        git(folder, "commit", "--quiet", "--allow-empty", "--message", "first")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    return root / "sub"


def subfolder(root: Path) -> Path:
    git(root, "init", "--quiet")
    (root / "teams/ä b").mkdir(parents=True)
    return root / "teams/ä b"


def split_index(root: Path) -> Path:
    git(root, "init", "--quiet")
    git(root, "config", "core.splitIndex", "true")
    return root


def reftable(root: Path) -> Path:
    asked = ["git", "-C", str(root), "init", "--quiet", "--ref-format=reftable"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("this Git has no reftable (2.45 and newer have)")
    return root


def ignored(root: Path) -> Path:
    git(root, "init", "--quiet")
    write(root, {".git/info/exclude": "rendered\nvendor_charts\npipeline.lock\n"})
    return root


KINDS = [sha256, linked, submodule, subfolder, split_index, reftable, ignored]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_repository_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Callable[[Path], Path]
) -> None:
    top = tmp_path / "top"
    top.mkdir()
    root = kind(top)
    source = platform(tmp_path / "source")
    for name in ("pipeline.yaml", "charts"):
        (shutil.copytree if (source / name).is_dir() else shutil.copy)(source / name, root / name)
    git(root, "add", "pipeline.yaml", "charts")
    git(root, "commit", "--quiet", "--message", "start")
    monkeypatch.chdir(root)
    verbs("vendor", "render", "commit")
    assert git(root, "status", "--porcelain") == ""
    next_version(root)
    assert run(["diff", "--detailed-exitcode", "ref:HEAD", "worktree"]) == 2
    git(root, "add", "--all")
    verbs("commit -b up")
    assert run(["diff", "--detailed-exitcode", "ref:HEAD", "worktree"]) == 0
    assert git(root, "branch", "--show-current") == "up\n"
    assert git(root, "diff", "--name-only", "HEAD", "--", "rendered", "vendor_charts", "pipeline.lock") == ""
    git(root, "fsck", "--strict")


def test_without_git_what_needs_none_works_and_the_rest_says_what_is_missing(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert run(["diff", f"dir:{here}", f"dir:{here}"]) == 0
    assert run(["diff", "chart:charts/web", "chart:charts/web", "--engine", "embedded"]) == 0
    assert run(["render"]) == 0
    capsys.readouterr()
    for arguments in (["commit"], ["commit", "-b", "up"], ["diff"], ["diff", "ref:HEAD", "worktree"], ["doctor"]):
        assert run(arguments) == 1
        assert "git is" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["\x1b[31mx", "\x1b]0;t\x07x", "a\n::error::b", "a\x9b31mb", "a\u202egnp.b", "a\rb\x08"]
)
def test_what_is_printed_of_a_path_neither_moves_a_terminal_nor_commands_a_runner(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    next_version(here)
    write(here, {f"values/web/{name}.yaml": "a: 1\n", f"rendered/default/web/{name}.yaml": "a: 1\n"})
    capsys.readouterr()
    assert run(["commit", "--dry-run"]) == 0
    said = "".join(capsys.readouterr())
    assert "left out" in said
    assert not set(said) & set("\x1b\x07\x9b\u202e\r\x08")
    assert "error" not in dict(heard(said))
