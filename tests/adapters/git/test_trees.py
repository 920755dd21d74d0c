"""Trees are read the same from a directory and from a Git revision."""

import subprocess
from pathlib import Path

import pytest

from pipeline.adapters.git.door import repository_root
from pipeline.adapters.git.trees import DirectoryTree, GitTree, merge_base, resolve
from pipeline.core.errors import UsageError


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(
        ["git", "-C", root, *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "rendered/a").mkdir(parents=True)
    (tmp_path / "rendered/a/x.yaml").write_text("a: 1\n")
    (tmp_path / "rendered/a/ü b.yaml").write_text("b: 2\n\n")
    (tmp_path / "other.yaml").write_text("c: 3\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_both_trees_hold_the_same_files_with_the_same_ids(repository: Path) -> None:
    disk, commit = DirectoryTree(repository), GitTree(repository, resolve(repository, "HEAD"))
    assert disk.ids("rendered") == commit.ids("rendered")
    paths = [*disk.ids("rendered"), "rendered/absent.yaml"]
    assert disk.read(paths) == commit.read(paths)
    assert len(disk.read(paths)) == 2


def test_links_are_not_followed(repository: Path) -> None:
    (repository / "rendered/out.yaml").symlink_to("/etc/passwd")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "link")
    for tree in (DirectoryTree(repository), GitTree(repository, resolve(repository, "HEAD"))):
        assert "rendered/out.yaml" not in tree.ids("rendered")
        assert tree.read(["rendered/out.yaml", "rendered"]) == {}


@pytest.mark.parametrize("folder", [".", "sub"])
def test_many_files_are_read_like_few(repository: Path, folder: str) -> None:
    names = [f"rendered/a/{number}.yaml" for number in range(100)] + ["rendered/:(glob)*.yaml", "values/-r.yaml", "-r"]
    for name in names:
        file = repository / folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"is: {name}\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "many")
    tree = GitTree(repository, resolve(repository, "HEAD"), folder)
    wanted = [*names, "absent.yaml", "rendered/absent.yaml"]
    assert list(tree.read(wanted)) == names
    assert tree.read(wanted) == {name: data for path in wanted for name, data in tree.read([path]).items()}
    assert tree.read(wanted) == DirectoryTree(repository / folder).read(wanted)
    assert list(tree.read(["values/-r.yaml", "-r"])) == ["values/-r.yaml", "-r"]


def test_the_merge_base_is_where_the_branch_left_main(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-qb", "upgrade")
    git(repository, "commit", "-q", "--allow-empty", "-m", "second")
    assert merge_base(repository) == base
    assert repository_root(repository / "rendered") == repository


def test_what_is_not_there_is_named(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(UsageError, match="no Git revision 'nowhere'"):
        resolve(repository, "nowhere")
    with pytest.raises(UsageError, match="no Git revision '--help'"):
        resolve(repository, "--help")
    with pytest.raises(UsageError, match="not inside a Git repository"):
        repository_root(tmp_path_factory.mktemp("plain"))
