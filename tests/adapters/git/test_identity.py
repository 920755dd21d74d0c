import subprocess
from pathlib import Path

import pytest

from pipeline.adapters.git.identity import identity, known
from pipeline.core.errors import UsageError


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    return tmp_path


def test_the_environment_names_who_it_is_and_else_the_configuration(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert identity(repository) == "Ada Tester <ada@example.org>"
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    monkeypatch.delenv("GIT_AUTHOR_EMAIL")
    subprocess.run(["git", "-C", repository, "config", "user.email", "bob@example.org"], check=True)
    subprocess.run(["git", "-C", repository, "config", "user.name", "Bob B"], check=True)
    assert identity(repository) == "Bob B <bob@example.org>"


def test_nobody_is_made_up(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_AUTHOR_NAME")
    monkeypatch.delenv("GIT_AUTHOR_EMAIL")
    assert known(repository) == ""
    with pytest.raises(UsageError, match="who you are"):
        identity(repository)
