"""A folder is told to be as it was only where the file system proves it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.adapters.cache.tree_digests import TreeDigests
from pipeline.adapters.disk import Disk

OLD = time.time_ns() - 3_600_000_000_000


def edited(root: Path) -> None:
    (root / "a/file").write_text("bb")


def edited_with_its_old_time(root: Path) -> None:
    (root / "a/file").write_text("bb")
    os.utime(root / "a/file", ns=(OLD, OLD))


def replaced_with_its_old_time(root: Path) -> None:
    (root / "new").write_text("bb")
    os.utime(root / "new", ns=(OLD, OLD))
    (root / "new").replace(root / "a/file")


def added(root: Path) -> None:
    (root / "a/inner/more").write_text("")


def removed(root: Path) -> None:
    (root / "a/inner/other").unlink()


def moved(root: Path) -> None:
    (root / "a/inner/other").rename(root / "a/other")


def executable(root: Path) -> None:
    (root / "a/file").chmod(0o755)


def a_link(root: Path) -> None:
    (root / "a/file").unlink()
    (root / "a/file").symlink_to("inner/other")


def gone(root: Path) -> None:
    (root / "a").rename(root / "b")


CHANGES = (
    *(edited, edited_with_its_old_time, replaced_with_its_old_time, added, removed),
    *(moved, executable, a_link, gone),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "a/inner").mkdir(parents=True)
    for name in ("a/file", "a/inner/other"):
        (root / name).write_text("aa")
        os.utime(root / name, ns=(OLD, OLD))
    return root


def settled(root: Path) -> None:
    """Wait until the clock of the file system is past what was written: changes since then have other times."""
    newest = max(path.lstat().st_ctime_ns for path in root.rglob("*"))
    while time.time_ns() < newest + 60_000_000:
        time.sleep(0.01)


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_found(root: Path, change: Callable[[Path], None]) -> None:
    settled(root)
    before = Disk(root).vendored_digest("a")
    assert before == Disk(root).vendored_digest("a") == Disk(root).vendored("a").digest
    change(root)
    assert Disk(root).vendored_digest("a") == Disk(root).vendored("a").digest != before


def test_it_is_read_once_and_again_only_if_it_was_changed_just_before(root: Path, tmp_path: Path) -> None:
    read = []

    def digest() -> str:
        read.append("read")
        return "sha256:1"

    digests = TreeDigests(root, tmp_path / "cache")
    future = time.time_ns() + 3_600_000_000_000
    os.utime(root / "a/file", ns=(future, future))
    assert [digests.of("a", "", digest) for _ in range(2)] == ["sha256:1"] * 2
    assert len(read) == 2
    os.utime(root / "a/file", ns=(OLD, OLD))
    settled(root)
    assert [digests.of("a", "", digest) for _ in range(3)] == ["sha256:1"] * 3
    assert len(read) == 3
    assert digests.of("a", "else", digest) == "sha256:1"
    assert len(read) == 4
