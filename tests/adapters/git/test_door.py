"""Git is asked in one way: no variable leads it elsewhere, and its own reason is told where it refuses."""

import os
import shutil
from pathlib import Path

import pytest

from pipeline.adapters.git.commit import RepositoryWriter
from pipeline.adapters.git.door import ask, environment, object_format, repository_root
from pipeline.adapters.git.trees import DirectoryTree, GitTree, resolve
from pipeline.adapters.write_ahead.turn import my_turn
from pipeline.core.errors import UsageError, WorldError
from tests.support.platforms import git, write

MISLEADING = {
    "GIT_DIR": "/nowhere",
    "GIT_WORK_TREE": "/nowhere",
    "GIT_INDEX_FILE": "/nowhere/index",
    "GIT_OBJECT_DIRECTORY": "/nowhere/objects",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nowhere/objects",
    "GIT_COMMON_DIR": "/nowhere",
    "GIT_NAMESPACE": "elsewhere",
    "GIT_CEILING_DIRECTORIES": "/",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.worktree",
    "GIT_CONFIG_VALUE_0": "/nowhere",
    "GIT_CONFIG_PARAMETERS": "'core.bare'='true'",
    "GIT_GLOB_PATHSPECS": "1",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write(tmp_path / "repository", {"a/x.yaml": "a: 1\n"})
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "start")
    return root


@pytest.mark.parametrize("name", MISLEADING)
def test_no_variable_leads_git_elsewhere(repository: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    head, ids = git(repository, "rev-parse", "HEAD").strip(), GitTree(repository, "HEAD").ids("a")
    monkeypatch.setenv(name, MISLEADING[name])
    assert name not in environment()
    assert repository_root(repository / "a") == repository
    assert resolve(repository, "HEAD") == head
    assert GitTree(repository, head).ids("a") == ids


def test_all_of_them_at_once_do_not_lead_a_commit_elsewhere(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in MISLEADING.items():
        monkeypatch.setenv(name, value)
    write(repository, {"a/x.yaml": "a: 2\n"})
    blob = DirectoryTree(repository).ids("a")["a/x.yaml"]
    with my_turn(repository, "commit") as turn:
        new = RepositoryWriter(repository, turn).commit({"a/x.yaml": blob}, "second")
    for name in MISLEADING:
        monkeypatch.delenv(name, raising=False)
    assert git(repository, "rev-parse", "HEAD", "HEAD:a/x.yaml").split() == [new, blob]
    assert git(repository, "status", "--porcelain") == ""


def test_who_commits_and_how_servers_are_reached_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"GIT_AUTHOR_NAME": "Ada", "GIT_SSH_COMMAND": "ssh -v", "GIT_CONFIG_GLOBAL": "/x", "GIT_ASKPASS": "/y"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    assert kept.items() <= environment().items()


def test_replaced_objects_and_grafts_are_not_looked_at(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD").strip()
    blob = git(repository, "rev-parse", "HEAD:a/x.yaml").strip()
    write(repository, {"evil": "evil: true\n"})
    evil = git(repository, "hash-object", "-w", "evil").strip()
    git(repository, "replace", blob, evil)
    assert git(repository, "cat-file", "-p", "HEAD:a/x.yaml") == "evil: true\n"
    assert GitTree(repository, head).read(["a/x.yaml"]) == {"a/x.yaml": b"a: 1\n"}
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "second")
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/grafts").write_text(git(repository, "rev-parse", "HEAD"))
    assert ask(repository, "rev-list", "--count", "HEAD").stdout == b"2\n"


@pytest.mark.parametrize("name", ["sha1", "sha256"])
def test_the_hash_function_of_the_repository_is_known(tmp_path: Path, name: str) -> None:
    git(tmp_path, "init", "--quiet", f"--object-format={name}")
    assert object_format(tmp_path) == name


def test_without_git_the_error_says_so(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for asking in (lambda: repository_root(repository), lambda: resolve(repository, "HEAD")):
        with pytest.raises(WorldError, match="git is not installed, or not on the PATH"):
            asking()


def test_the_reason_that_git_gives_is_told(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which("git")
    shim = write(repository.parent / "bin", {"git": f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {real} "$@"\n'})
    (shim / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(WorldError, match=r"(?s)dubious ownership.*git config --global --add safe.directory"):
        repository_root(repository)


def test_a_damaged_repository_is_not_called_none(repository: Path) -> None:
    (repository / ".git/HEAD").unlink()
    with pytest.raises(WorldError, match="Git does not open the repository around"):
        repository_root(repository)
    shutil.rmtree(repository / ".git")
    with pytest.raises(UsageError, match="is not inside a Git repository"):
        repository_root(repository)


def test_a_git_that_does_not_answer_is_an_error_of_the_world(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = write(repository.parent / "bin", {"git": "#!/bin/sh\nexec sleep 60\n"})
    (shim / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("pipeline.adapters.git.door._TIMEOUT_SECONDS", 0.2)
    with pytest.raises(WorldError, match="git took longer than"):
        resolve(repository, "HEAD")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("extensions.refStorage", "unheardof"),
        ("extensions.noSuchThing", "true"),
        ("core.repositoryFormatVersion", "99"),
        ("extensions.objectFormat", "sha999"),
    ],
)
def test_a_repository_that_this_git_does_not_know_is_one_error_with_the_reason(
    tmp_path: Path, key: str, value: str
) -> None:
    """As one with reftable is for a Git before 2.45."""
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "core.repositoryFormatVersion", "1")
    git(tmp_path, "config", key, value)
    with pytest.raises(WorldError) as caught:
        repository_root(tmp_path)
    said = caught.value.message
    assert said.startswith(f"Git does not open the repository around {tmp_path}: ")
    assert "\t" not in said
    assert key.rpartition(".")[2].lower() in said.lower() or value in said
    if "extension found" in said or "repository format" in said:
        assert "install a newer Git: this is 2." in caught.value.hint
