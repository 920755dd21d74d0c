"""vendor, render, commit and upgrade are all or nothing, whatever ends them: real signals, real Git, at random moments.

PIPELINE_KILLS=200 makes the long run of it; PIPELINE_KILLS_SEED another one.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kills import UPGRADE, attempts, killed, left, pipeline, prepare, publish_charts, state
from tests.support.platforms import served

KILLS = int(os.environ.get("PIPELINE_KILLS", "18"))
SEED = int(os.environ.get("PIPELINE_KILLS_SEED", "1"))
PAIRS = max(4, KILLS // 4)
Prepared = dict[str, tuple[Path, str, str]]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    folder = tmp_path_factory.mktemp("kills")
    publish_charts(folder / "charts")
    with served(folder / "charts") as url:
        yield prepare(folder, url)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def seconds(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """How long each verb takes here: the shorter of two runs, as the first one compiles and fills caches."""

    def timed(verb: str) -> float:
        root = shutil.copytree(prepared[verb][0], tmp_path_factory.mktemp("timed") / "root", symlinks=True)
        start = time.monotonic()
        assert pipeline(root, verb, root.parent / "tmp").wait() == 0
        return time.monotonic() - start

    return {verb: min(timed(verb), timed(verb)) for verb in prepared}


def test_a_killed_run_is_all_or_nothing_after_the_next_one(
    prepared: Prepared, seconds: dict[str, float], tmp_path: Path
) -> None:
    wrong, running, new = [], 0, 0
    for number, attempt in enumerate(attempts(KILLS, SEED)):
        before, old, after = prepared[attempt.verb]
        root = shutil.copytree(before, tmp_path / str(number) / "root", symlinks=True)
        running += killed(attempt, root, seconds[attempt.verb])
        again = pipeline(root, attempt.next_verb, root.parent / "tmp")
        code = again.wait(timeout=120)
        said = (root.parent / "stderr").read_text()
        found = state(root)
        new += found == after
        if found not in (old, after) or left(root) or code in (1, 5, 70):
            wrong.append((attempt, code, said, left(root), "mixed" if found not in (old, after) else "whole"))
        else:
            shutil.rmtree(root.parent)
    sys.stdout.write(f"{KILLS} kills: {running} of a running process, {new} finished, {KILLS - new} undone\n")
    assert wrong == []
    assert running > KILLS // 2


def test_two_runs_at_once_are_one_after_the_other(prepared: Prepared, tmp_path: Path) -> None:
    wrong = []
    for number in range(PAIRS):
        verb = ("vendor", "render", "commit", UPGRADE)[number % 4]
        before, _, after = prepared[verb]
        root = shutil.copytree(before, tmp_path / str(number) / "root", symlinks=True)
        both = [pipeline(root, verb, root.parent / "tmp") for _ in range(2)]
        codes = [process.wait(timeout=120) for process in both]
        if codes != [0, 0] or state(root) != after or left(root):
            wrong.append((verb, codes, (root.parent / "stderr").read_text(), left(root)))
        shutil.rmtree(root.parent)
    assert wrong == []
