"""Edits are carried out whole or not at all, and never outside of the repository."""

import contextlib
import os
import shutil
import threading
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
    before, rename, calls = snapshot(tmp_path), os.rename, 0

    def failing(source: str, target: str, **folders: int) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise error
        rename(source, target, **folders)

    monkeypatch.setattr(os, "rename", failing)
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


SWAPPED = ("a", "b/c", "gone", "x")
OUTSIDE = {"one.yaml": "o", "old.yaml": "o", "deep/one.yaml": "o", "deep/y.yaml": "o", "c/old.yaml": "o", "y.yaml": "o"}
MANY = Edits(
    trees={"a/deep": {"one.yaml": b"1", "sub/new.yaml": b"9"}},
    files={"a/deep2/x.yaml": b"5", "b/c/old.yaml": b"6", "x/deep/y.yaml": b"7", "x/y.yaml": b"8"},
    removed=("gone/deep/y.yaml", "gone/deep"),
)


@pytest.mark.parametrize("swapped", SWAPPED)
@pytest.mark.parametrize("call", ["rename", "open", "mkdir", "rmdir", "stat", "unlink"])
def test_a_link_that_comes_on_the_way_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str, call: str
) -> None:
    """Whichever call it comes before: the folder is moved away, and a link to one outside is put in its place."""
    happened, at = True, 0
    while happened:
        at, happened = at + (3 if call == "open" else 1), False
        outside = write(tmp_path / f"{at}/outside", OUTSIDE)
        start = {"a/deep/one.yaml": "1", "b/c/old.yaml": "2", "gone/deep/y.yaml": "3", "x/deep/y.yaml": "4"}
        root = write(tmp_path / f"{at}/root", start)
        before, real, count = snapshot(outside), getattr(os, call), 0

        def swapping(*given: object, **more: object) -> object:
            nonlocal count, happened
            if "dir_fd" in more or "src_dir_fd" in more:
                count += 1
                if count == at:  # noqa: B023 - as above
                    happened = True
                    swap(root / swapped, outside)  # noqa: B023 - called in this round only
            return real(*given, **more)  # noqa: B023 - as above

        with monkeypatch.context() as patch, contextlib.suppress(WorldError):
            patch.setattr(os, call, swapping)
            Disk(root).carry_out(MANY)
        assert snapshot(outside) == before, f"{call} {at}"
        assert not list(outside.rglob(f"{STAGING}*"))


def swap(folder: Path, outside: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.move(folder, folder.with_name(f"{folder.name}.moved"))
    if not folder.exists() and folder.parent.is_dir():
        folder.symlink_to(outside)


def test_a_thread_that_swaps_folders_for_links_all_the_while_gets_nothing_written(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", OUTSIDE)
    root = write(tmp_path / "root", {"a/deep/one.yaml": "1", "b/c/old.yaml": "2"})
    before, over = snapshot(outside), threading.Event()
    (root / "link").symlink_to(outside)

    def swaps() -> None:
        while not over.is_set():
            for folder in (root / "a", root / "b", root / "a/deep", root / "b/c"):
                with contextlib.suppress(OSError):
                    folder.rename(root / "held")
                    (root / "link").rename(folder)
                    folder.rename(root / "link")
                    (root / "held").rename(folder)

    thread = threading.Thread(target=swaps)
    thread.start()
    try:
        for number in range(40):
            data = b"%d" % number
            with contextlib.suppress(WorldError):
                Disk(root).carry_out(
                    Edits(trees={"a/deep": {"one.yaml": data, "y.yaml": data}}, files={"b/c/old.yaml": data})
                )
    finally:
        over.set()
        thread.join()
    assert snapshot(outside) == before


def test_a_link_inside_is_not_written_through_either(tmp_path: Path) -> None:
    root = write(tmp_path / "root", START)
    (root / "link").symlink_to("a")
    before = snapshot(root / "a")
    with pytest.raises(WorldError, match=r"link/one\.yaml: a folder on the way is a link to 'a'"):
        Disk(root).carry_out(Edits(files={"link/one.yaml": b"9"}))
    assert snapshot(root / "a") == before


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
