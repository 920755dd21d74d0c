"""Charts are fetched side by side: who is waited for, every error, one dead server, and the memory that it takes."""

import threading
import tracemalloc
from pathlib import Path

import pytest

from pipeline.adapters.charts.load_chart import read_archive
from pipeline.adapters.fetch import unpacking
from pipeline.adapters.fetch.fetch_threads import side_by_side
from pipeline.cli import run
from pipeline.core.budget import Budget
from pipeline.core.errors import PipelineError, UsageError
from pipeline.core.ports import no_progress
from tests.support.chart_server import Asked, Reply, files, serving
from tests.support.charts import pack
from tests.support.platforms import platform, verbs, write


def test_tasks_run_at_once_and_come_back_in_order() -> None:
    everyone = threading.Barrier(8, timeout=20)
    found = side_by_side({str(number): lambda: everyone.wait() >= 0 for number in range(8)}, no_progress)
    assert list(found.items()) == [(str(number), True) for number in range(8)]


def test_every_task_is_tried_and_a_bug_is_raised() -> None:
    def refused() -> int:
        raise UsageError("no")

    def broken() -> int:
        raise KeyError("bug")

    found = side_by_side({"a": refused, "b": lambda: 2}, no_progress)
    assert isinstance(found["a"], PipelineError)
    assert found["b"] == 2
    with pytest.raises(KeyError):
        side_by_side({"a": broken, "b": lambda: 2}, no_progress)


def test_progress_says_who_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.adapters.fetch.fetch_threads._TELL_SECONDS", 0.05)
    go_on, told = threading.Event(), list[str]()

    def tell(done: int, total: int, what: str) -> None:
        told.append(f"{what} ({done}/{total})")
        if what.startswith("waiting"):
            go_on.set()

    side_by_side({"slow": lambda: go_on.wait(20), "fast": lambda: True}, tell)
    assert "waiting for slow (1/2)" in told


def releases(rows: list[str]) -> str:
    return f"releases: [{', '.join(rows)}]\nhelm: {{engine: embedded}}\n"


def test_a_dead_repository_is_told_once_and_the_others_are_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.adapters.fetch.http_get._WAIT_SECONDS", 0.01)
    here = platform(tmp_path / "platform")
    monkeypatch.chdir(here)

    def answer(asked: Asked) -> Reply:
        return Reply(500 if asked.path.startswith("/dead") else 404)

    with serving(answer) as server:
        rows = [f"{{name: r{n}, chart: '{server.url}/dead/c{n}', namespace: a}}" for n in range(4)]
        rows.append(f"{{name: other, chart: '{server.url}/other/web', namespace: a}}")
        write(here, {"pipeline.yaml": releases(rows)})
        assert run(["vendor"]) == 1
        said = capsys.readouterr().err
        assert said.count("/dead/index.yaml") == 1
        assert "releases 'r0', 'r1', 'r2', 'r3': " in said
        assert "release 'other': " in said
        assert len([path for path in server.paths() if path.startswith("/dead")]) == 4
    assert not (here / "vendor_charts").exists()


def test_few_archives_are_unpacked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are waited for: they are what memory is needed for."""
    running, most, lock = 0, 0, threading.Lock()

    def read(data: bytes, title: str, budget: Budget) -> dict[str, bytes]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return read_archive(data, title, budget)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(unpacking, "read_archive", read)
    data = pack({"web/Chart.yaml": "name: web\nversion: 1.0.0\n"} | {f"web/{n}": "x" for n in range(500)})
    tasks = {str(n): lambda: unpacking.packed(data, "web", "", Budget("web")).name for n in range(24)}
    assert set(side_by_side(tasks, no_progress).values()) == {"web"}
    assert most <= unpacking._AT_ONCE


def test_memory_does_not_grow_with_the_number_of_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = 1_000_000
    monkeypatch.setattr("pipeline.adapters.fetch.fetch_threads._AT_ONCE", 1)  # how many are read at once is chance
    here = platform(tmp_path / "platform")
    monkeypatch.chdir(here)

    def answer(asked: Asked) -> Reply:
        name = asked.path.strip("/").removesuffix(".tgz")
        metadata = f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n"
        chart: dict[str, str | bytes] = {f"{name}/Chart.yaml": metadata, f"{name}/big": bytes(size)}
        return files({asked.path: pack(chart)})(asked)

    with serving(answer) as server:
        peaks = []
        for count in (8, 48):
            rows = [f"{{name: c{n}, chart: '{server.url}/c{n}.tgz', namespace: a}}" for n in range(count)]
            write(here, {"pipeline.yaml": releases(rows)})
            tracemalloc.start()
            verbs("vendor --update")
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert len(list((here / "vendor_charts").glob("c*"))) == 48
    assert peaks[1] < peaks[0] + 12 * size  # forty more, each of a megabyte
