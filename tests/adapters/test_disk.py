"""Edits are carried out whole or not at all, and never outside of the repository."""

import os
from pathlib import Path

import pytest

from pipeline.adapters.disk import Disk
from pipeline.adapters.write_ahead.staging import STAGING
from pipeline.core.errors import WorldError
from pipeline.core.render.file_edits import Edits
from pipeline.core.safe_path import UnsafePathError
from tests.support.platforms import snapshot, write

START = {"a/one.yaml": "1", "a/two.yaml": "2", "b/c/old.yaml": "3", "keep.txt": "4"}
EDITS = Edits(
    trees={"a": {"one.yaml": b"1", "sub/new.yaml": b"9"}},
    files={"keep.txt": b"5", "fresh/x.yaml": b"6"},
    removed=("b/c/old.yaml", "never/was.yaml"),
)


def test_edits_replace_trees_write_files_and_remove_what_becomes_empty(tmp_path: Path) -> None:
    disk = Disk(write(tmp_path, START))
    assert disk.differing(EDITS) == ("a", "b/c/old.yaml", "fresh/x.yaml", "keep.txt")
    assert disk.carry_out(EDITS) == ("a", "b/c/old.yaml", "fresh/x.yaml", "keep.txt")
    assert snapshot(tmp_path) == {"a/one.yaml": b"1", "a/sub/new.yaml": b"9", "keep.txt": b"5", "fresh/x.yaml": b"6"}
    assert not (tmp_path / "b").exists()
    assert disk.carry_out(EDITS) == ()


@pytest.mark.parametrize("at", range(1, 8))
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_whatever_stops_it_the_tree_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, error: BaseException
) -> None:
    disk = Disk(write(tmp_path, START))
    before, rename, calls = snapshot(tmp_path), Path.rename, 0

    def failing(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == at:
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    try:
        disk.carry_out(EDITS)
    except (KeyboardInterrupt, WorldError):
        assert snapshot(tmp_path) == before
        assert not (tmp_path / "fresh").exists()
    else:
        assert calls < at, "it went on after an error"
    assert not list(tmp_path.glob(f"{STAGING}*"))


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = write(tmp_path / "root", START)
    (root / "link").symlink_to(outside)
    with pytest.raises(WorldError, match="a link leads out of this repository"):
        Disk(root).carry_out(Edits(files={"link/x": b"1"}))
    assert list(outside.iterdir()) == []
    assert "link" not in {path.split("/")[0] for path in Disk(root).paths("a")}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", ".git/config", "a/.GIT/hooks/x"])
def test_a_path_that_climbs_out_or_into_git_is_refused(tmp_path: Path, path: str) -> None:
    for edits in (
        Edits(files={path: b"1"}),
        Edits(trees={path: {"x": b"1"}}),
        Edits(trees={"t": {path: b"1"}}),
        Edits(removed=(path,)),
    ):
        with pytest.raises(UnsafePathError):
            Disk(tmp_path).carry_out(edits)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_an_error(tmp_path: Path) -> None:
    root = write(tmp_path / "root", START)
    root.chmod(0o500)
    with pytest.raises(WorldError, match="nothing was changed"):
        Disk(root).carry_out(EDITS)
    root.chmod(0o700)
