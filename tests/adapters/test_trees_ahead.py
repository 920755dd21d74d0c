"""Trees written before it is known where they shall lie: whole, out of memory, and gone where nobody took them."""

import os
import threading
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.adapters.disk import Disk
from pipeline.adapters.fetch.fetch_threads import side_by_side
from pipeline.adapters.write_ahead.durable import FEW
from pipeline.core.errors import PipelineError, WorldError
from pipeline.core.ports import no_progress
from pipeline.core.render.file_edits import Edits
from tests.support.platforms import snapshot, write

CHARTS = [{f"{one}/{name}": bytes([one]) * name for name in range(20)} for one in range(9)]


def kept(disk: Disk, charts: list[dict[str, bytes]]) -> list[Mapping[str, bytes]]:
    """All of them, from several threads at once."""

    def keep(number: int) -> Callable[[], Mapping[str, bytes]]:
        return lambda: disk.keep(charts[number])

    found = side_by_side({str(number): keep(number) for number in range(len(charts))}, no_progress)
    return [one for one in found.values() if not isinstance(one, PipelineError)]


def test_they_are_read_back_and_brought_into_place_and_the_rest_is_gone(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a/old.txt": "1", "keep.txt": "2"})
    with Disk(root).alone("vendor") as alone, alone.as_one() as disk:
        trees = kept(disk, CHARTS)
        assert trees == CHARTS
        assert [len(one) for one in trees] == [20] * len(CHARTS)
        assert trees[3]["3/2"] == b"\3\3"
        assert "3/99" not in trees[3]
        assert not disk.keep({})
        taken = {"a": trees[1], "b/c": trees[2], "plain": {"x": b"y"}}
        assert disk.carry_out(Edits(trees=taken)) == ("a", "b/c", "plain")
    expected = {f"a/{name}": data for name, data in CHARTS[1].items()}
    expected |= {f"b/c/{name}": data for name, data in CHARTS[2].items()}
    assert snapshot(root) == expected | {"plain/x": b"y", "keep.txt": b"2"}
    assert sorted(path.name for path in root.iterdir()) == ["a", "b", "keep.txt", "plain"]


@pytest.mark.parametrize("count", [1, 8, 9])
def test_few_files_are_flushed_by_their_names_and_many_with_their_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    flushed = list[int]()
    sync = os.fsync

    def noted(file: int) -> None:
        flushed.append(os.fstat(file).st_ino)
        sync(file)

    monkeypatch.setattr(os, "fsync", noted)
    root, files = write(tmp_path / "root", {"keep.txt": "2"}), {f"f{number}": b"1" for number in range(count)}
    with Disk(root).alone("vendor") as alone, alone.as_one() as disk:
        disk.carry_out(Edits(trees={"a": disk.keep(files)}))
    inodes = {path.stat().st_ino for path in (root / "a").iterdir()}
    assert len(inodes & set(flushed)) == (count if count <= FEW else 0)


def test_a_run_that_fails_leaves_nothing_and_whoever_still_fetches_cannot_write(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"keep.txt": "2"})
    begun, over = threading.Event(), list[Exception]()

    def late(disk: Disk) -> None:
        begun.set()
        try:
            while True:
                disk.keep(CHARTS[1])
        except WorldError as error:
            over.append(error)

    with pytest.raises(ZeroDivisionError), Disk(root).alone("vendor") as alone, alone.as_one() as disk:  # noqa: PT012
        thread = threading.Thread(target=late, args=(disk,), daemon=True)
        thread.start()
        begun.wait()
        disk.carry_out(Edits(trees={"a": disk.keep(CHARTS[2])}))
        raise ZeroDivisionError
    thread.join()
    assert [str(error) for error in over] == ["this run is over"]
    assert snapshot(root) == {"keep.txt": b"2"}
    assert [path.name for path in root.iterdir()] == ["keep.txt"]


def test_a_disk_that_refuses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path / "root", {"keep.txt": "2"})

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with Disk(root).alone("vendor") as alone, alone.as_one() as disk:
        monkeypatch.setattr("pipeline.adapters.open_folder.OpenFolder.write", full)
        with pytest.raises(WorldError, match="no space left on device; nothing was changed"):
            disk.keep(CHARTS[1])
    assert snapshot(root) == {"keep.txt": b"2"}


def test_memory_holds_nothing_of_them(tmp_path: Path) -> None:
    """Neither their content nor their names: it does not grow with the number of charts."""
    root = write(tmp_path / "root", {"keep.txt": "2"})
    chart = {f"templates/{'long' * 10}-{name}.yaml": b"x" * 1000 for name in range(200)}
    with Disk(root).alone("vendor") as alone, alone.as_one() as disk:
        first = [disk.keep(chart) for _ in range(2)]
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            more = [disk.keep(chart) for _ in range(50)]
            each = (tracemalloc.get_traced_memory()[0] - before) / len(more)
        finally:
            tracemalloc.stop()
    assert len(first) == 2
    assert each < 2_000
