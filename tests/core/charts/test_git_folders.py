"""Folders that Git would take for a repository."""

import subprocess
from pathlib import Path

import pytest

from pipeline.core.charts.git_folders import git_folder


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["Chart.yaml", "HEAD", "objects/a", "refs/a", "config"], ""),
        (["files/r/HEAD", "files/r/objects/a/b", "files/r/refs/heads/x"], "files/r"),
        (["charts/sub/x/head", "charts/sub/x/Objects/a", "charts/sub/x/REFS/a"], "charts/sub/x"),
        (["x/HEAD", "x/commondir"], "x"),
        (["HEAD", "objects/a"], None),
        (["a/HEAD", "b/objects/a", "b/refs/a"], None),
        (["templates/HEAD", "templates/objects.yaml", "templates/refs.yaml"], None),
        ([], None),
    ],
)
def test_where_one_is(paths: list[str], found: str | None) -> None:
    assert git_folder(paths) == found


def test_git_itself_takes_such_a_folder(tmp_path: Path) -> None:
    for path, text in {"HEAD": "ref: refs/heads/x\n", "objects/a": "", "refs/a": ""}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    (tmp_path / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    asked = ("git", "-C", str(tmp_path), "rev-parse", "--git-dir")
    assert subprocess.run(asked, check=True, capture_output=True, text=True).stdout == ".\n"
