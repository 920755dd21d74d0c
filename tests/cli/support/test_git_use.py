"""Without Git each verb that needs it says so, and why; the others work."""

from pathlib import Path

import pytest

from pipeline.cli import run
from pipeline.cli.support.git_use import GIT_USE
from pipeline.cli.support.verbs import SECTIONS
from tests.support.platforms import platform, verbs


@pytest.fixture
def without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = platform(tmp_path)
    monkeypatch.chdir(root)
    verbs("vendor", "render")
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.parametrize(
    "line",
    [
        "commit",
        "diff",
        "diff HEAD",
        "init --github",
        "mesh",
        "show Deployment/web --at HEAD",
        "upgrade --to-kube 1.37",
        "vendor prune",
    ],
)
@pytest.mark.usefixtures("without_git")
def test_a_verb_that_needs_git_says_why(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(line.split()) == 1
    verb = line.partition(" ")[0]
    assert capsys.readouterr().err == (
        f"pipeline: {verb} needs Git to {GIT_USE[verb]}: git is not installed, or not on the PATH\n"
        "  try: install git; pipeline doctor says which tools are found\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "vendor",
        "vendor verify",
        "render",
        "render --check",
        "values web",
        "diff dir:rendered dir:rendered",
        "mesh dir:rendered dir:rendered",
        "policy",
        "rules list",
        "ci shards",
        "completion bash",
    ],
)
@pytest.mark.usefixtures("without_git")
def test_the_others_work_without_it(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(line.split()) == 0
    assert "git is" not in capsys.readouterr().err


def test_every_use_is_of_a_verb() -> None:
    assert GIT_USE.keys() <= {verb for section in SECTIONS.values() for verb in section}
