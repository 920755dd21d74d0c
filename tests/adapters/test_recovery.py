"""A run that dies anywhere is finished or undone by the next one; the lock says who is at work, and dies with it."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from pipeline.adapters.disk import Disk
from pipeline.adapters.recovery import recover
from pipeline.adapters.write_ahead import turn
from pipeline.adapters.write_ahead.place import OUTSIDE_GIT, state_place
from pipeline.adapters.write_ahead.staging import STAGING
from pipeline.core.errors import RefusedError, WorldError
from pipeline.core.render.file_edits import Edits
from tests.support.platforms import git, snapshot, write

START = {"a/one.yaml": "1", "a/two.yaml": "2", "b/c/old.yaml": "3", "keep.txt": "4", "gone/deep/x": "5"}
EDITS = Edits(
    trees={"a": {"one.yaml": b"1", "sub/new.yaml": b"9"}},
    files={"keep.txt": b"5", "fresh/x.yaml": b"6"},
    removed=("b/c/old.yaml", "gone", "never/was.yaml"),
)
AFTER = {"a/one.yaml": b"1", "a/sub/new.yaml": b"9", "keep.txt": b"5", "fresh/x.yaml": b"6"}
FORK = multiprocessing.get_context("fork")


def in_git(root: Path) -> Path:
    git(write(root, START), "init", "--quiet")
    return root


def linked_work_tree(root: Path) -> Path:
    top = root.parent / "top"
    top.mkdir()
    git(top, "init", "--quiet")
    git(top, "commit", "--quiet", "--allow-empty", "--message", "x")
    git(top, "worktree", "add", "--quiet", str(root))
    return write(root, START)


def subfolder(root: Path) -> Path:
    root.mkdir()
    git(root, "init", "--quiet")
    return write(root / "below", START)


def outside_git(root: Path) -> Path:
    return write(root, START)


def through_a_link(root: Path) -> Path:
    git(write(root, START), "init", "--quiet")
    (root.parent / "link").symlink_to(root)
    return root.parent / "link"


PLACES = [in_git, linked_work_tree, subfolder, outside_git, through_a_link]


def dies(work: Callable[[], object]) -> int:
    """Do ``work`` in a process of its own; its exit code."""
    process = FORK.Process(target=work)
    process.start()
    process.join(30)
    assert process.exitcode is not None
    return process.exitcode


def carry_out(root: Path) -> None:
    Disk(root).carry_out(EDITS)


def carry_out_as_one(root: Path) -> None:
    with Disk(root).alone("upgrade") as alone, alone.as_one() as disk:
        disk.carry_out(Edits(trees=EDITS.trees, files={"keep.txt": b"5"}, removed=("b/c/old.yaml",)))
        disk.carry_out(Edits(files={"fresh/x.yaml": b"6", "keep.txt": b"5"}, removed=("gone", "never/was.yaml")))


def dying_at(root: Path, method: str, at: int, doing: Callable[[Path], None] = carry_out) -> Callable[[], None]:
    def work() -> None:
        real, calls = getattr(os, method), 0

        def counting(*arguments: object, **more: object) -> object:
            nonlocal calls
            calls += 1
            if calls == at:
                os._exit(9)
            return real(*arguments, **more)

        setattr(os, method, counting)
        doing(root)
        os._exit(0)

    return work


def nothing_left(root: Path) -> None:
    place = state_place(root)
    assert not list(root.glob(f"{STAGING}*"))
    assert not place.folder.exists()


@pytest.mark.parametrize("method", ["rename", "replace", "fdopen", "unlink"])
def test_several_edits_as_one_are_undone_together_wherever_the_run_dies(tmp_path: Path, method: str) -> None:
    at, code, ends = 0, 9, set()
    while code:
        at += 1
        root = in_git(tmp_path / str(at))
        before, said = snapshot(root), list[str]()
        code = dies(dying_at(root, method, at, carry_out_as_one))
        assert code in (0, 9)
        recover(root, said.append)
        assert snapshot(root) in (before, AFTER), f"{method} {at}"
        ends.add(snapshot(root) == AFTER)
        assert len(said) <= (code != 0)
        nothing_left(root)
    assert ends == {False, True}


@pytest.mark.parametrize("fails", ["the second edit", "what comes between"])
def test_several_edits_as_one_are_undone_where_one_of_them_fails(tmp_path: Path, fails: str) -> None:
    root = in_git(tmp_path / "root")
    before = snapshot(root)
    with (  # noqa: PT012 - all of it is one change
        pytest.raises(WorldError if fails == "the second edit" else KeyboardInterrupt),
        Disk(root).alone("upgrade") as alone,
        alone.as_one() as disk,
    ):
        disk.carry_out(EDITS)
        assert snapshot(root).items() >= AFTER.items()
        if fails == "what comes between":
            raise KeyboardInterrupt
        disk.carry_out(Edits(files={"keep.txt/below": b"a file is no folder"}))
    assert snapshot(root) == before
    nothing_left(root)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
@pytest.mark.parametrize("method", ["rename", "replace", "fdopen", "unlink", "mkdir"])
def test_a_run_that_dies_anywhere_is_finished_or_undone(
    tmp_path: Path, place: Callable[[Path], Path], method: str
) -> None:
    at, code, ends = 0, 9, set()
    while code:
        at += 1
        (tmp_path / str(at)).mkdir()
        root = place(tmp_path / str(at) / "root")
        before, said = snapshot(root), list[str]()
        code = dies(dying_at(root, method, at))
        assert code in (0, 9)
        recover(root, said.append)
        assert snapshot(root) in (before, AFTER), f"{method} {at}"
        ends.add(snapshot(root) == AFTER)
        assert len(said) <= (code != 0)
        assert Disk(root).carry_out(EDITS) == () or snapshot(root) == AFTER
        nothing_left(root)
    assert at > 2
    assert True in ends


def test_what_was_found_is_said_in_one_line(tmp_path: Path) -> None:
    root, said = in_git(tmp_path / "root"), list[str]()
    dies(dying_at(root, "rename", 3))
    recover(root, said.append)
    assert len(said) == 1
    assert said[0].startswith("pipeline write (process ")
    assert said[0].endswith(" ended half way: what it had begun is finished (5 paths)")


def test_a_failure_that_cannot_be_undone_is_undone_by_the_next_run(tmp_path: Path) -> None:
    root = in_git(tmp_path / "root")
    before = snapshot(root)

    def work() -> None:
        real, calls = os.rename, 0

        def failing(source: str, target: str, **folders: int) -> None:
            nonlocal calls
            calls += 1
            if calls >= 5:
                raise OSError(5, "Input/output error", source)
            real(source, target, **folders)

        setattr(os, "rename", failing)  # noqa: B010 - in a process of its own
        try:
            Disk(root).carry_out(EDITS)
        except WorldError:
            os._exit(3)

    assert dies(work) == 3
    assert snapshot(root) != before
    said = list[str]()
    recover(root, said.append)
    assert snapshot(root) == before
    assert said[0].endswith("what it had begun is undone (5 paths)")
    nothing_left(root)


@pytest.mark.parametrize("bad", ["", "{", "null", '{"schema": "other/v9"}', "[]"])
def test_a_record_that_never_was_whole_is_forgotten(tmp_path: Path, bad: str) -> None:
    root = in_git(tmp_path / "root")
    write(root, {".git/pipeline/record.json": bad, ".git/pipeline/record.json.new": bad})
    recover(root, pytest.fail)
    nothing_left(root)


@pytest.mark.parametrize("target", ["../out", "/etc/x", "a/../../out", "link/x", ""])
def test_a_record_that_leads_out_is_refused(tmp_path: Path, target: str) -> None:
    root = outside_git(tmp_path / "root")
    out = write(tmp_path / "out", {"x": "1"})
    (root / "link").symlink_to(out)
    body = {"folder": f"{STAGING}1", "moves": [[target, False, True]]}
    who = {"verb": "render", "pid": 1, "since": "2026-01-01T00:00:00Z", "root": "."}
    data = {"schema": "pipeline.record/v1", "kind": "files", "stage": "doing", "who": who, "body": body}
    (root / OUTSIDE_GIT).mkdir()
    (root / OUTSIDE_GIT / "record.json").write_bytes(orjson.dumps(data))
    before = snapshot(tmp_path)
    with pytest.raises(WorldError, match="killed half way, and cannot be finished"):
        recover(root, pytest.fail)
    assert snapshot(out) == {"x": b"1"}
    assert {path for path in snapshot(tmp_path) if not path.endswith("lock")} == set(before)


@pytest.mark.parametrize("name", ["", "/lock", "/record.json.new"])
def test_no_state_is_written_through_a_link(tmp_path: Path, name: str) -> None:
    """Outside of Git the folder lies beside pipeline.yaml, where whoever sent the folder may have put a link."""
    root = outside_git(tmp_path / "root")
    out = write(tmp_path / "out", {"lock": "1", "record.json.new": "1"})
    if name:
        (root / OUTSIDE_GIT).mkdir()
    (root / f"{OUTSIDE_GIT}{name}").symlink_to(out / name.strip("/"))
    before = snapshot(out)
    if name.startswith("/record"):  # what is left there of another run is removed first
        Disk(root).carry_out(EDITS)
    else:
        with pytest.raises(WorldError, match="is a link"):
            Disk(root).carry_out(EDITS)
    assert snapshot(out) == before


def test_who_is_at_work_is_said_and_a_dead_run_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, said = in_git(tmp_path / "root"), list[str]()
    monkeypatch.setattr(turn, "_SOON_SECONDS", 0.1)
    script = (
        "import sys, time; from pathlib import Path\n"
        "from pipeline.adapters.write_ahead.turn import my_turn\n"
        f"with my_turn(Path({str(root)!r}), 'render'): print('here', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"here\n"
        whose = rf"pipeline render \(process {other.pid}, since 20\d\d-\d\d-\d\dT[\d:]+Z\)"
        with pytest.raises(RefusedError, match=whose), turn.my_turn(root, "vendor", said.append, patience=0.5):
            pytest.fail("two at once")
        assert len(said) == 1
        assert said[0].startswith("waiting for pipeline render (process ")
        recover(root, pytest.fail)  # who only reads does not wait for a run that has not begun to rename
        other.kill()
        other.wait()
        start = time.monotonic()
        with turn.my_turn(root, "vendor", pytest.fail, patience=60):
            assert time.monotonic() - start < 30
    nothing_left(root)


def test_many_small_files_are_written_in_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = 0

    def counting(descriptor: int, real: Callable[[int], None] = os.fsync) -> None:
        nonlocal flushed
        flushed += 1
        real(descriptor)

    monkeypatch.setattr(os, "fsync", counting)
    files = {f"{number % 50}/{number}.yaml": b"x" for number in range(5_000)}
    Disk(outside_git(tmp_path / "root")).carry_out(Edits(trees={"many": files}))
    assert flushed < 20
