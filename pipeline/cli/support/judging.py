"""Judges versions that a release could move to, in a second work tree: one by one, or as the steps of a path."""

import gc
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

from pipeline.adapters.git.trees import GitTree
from pipeline.cli.support.progress import progress
from pipeline.cli.support.upgrading import in_scratch
from pipeline.cli.support.version_bench import Bench
from pipeline.core.charts.semver import Version
from pipeline.core.errors import UsageError, WorldError
from pipeline.core.judge.report import Verdict
from pipeline.core.upgrade.best_path import best_path
from pipeline.core.upgrade.judged import JudgedPath, JudgedVersion
from pipeline.core.upgrade.newer import Standing
from pipeline.core.upgrade.version_moves import VersionMove
from pipeline.flows.standings import standings
from pipeline.wiring import Repository

_SELDOM = 500_000
"""Objects between two looks for garbage: a version has millions that stay, and few of them form cycles."""


def judged(here: Repository, rows: Sequence[Standing]) -> dict[str, tuple[JudgedVersion, ...]]:
    """By pin: each newer version of its row, the newest first, against the last commit.

    Raises:
        UsageError, WorldError: there is no Git repository, or no commit to compare with.
    """
    rows = [row for row in rows if row.newer]
    if not rows:
        return {}
    head = head_of(here)
    gc.set_threshold(_SELDOM)
    verdicts: dict[str, tuple[JudgedVersion, ...]] = {}
    with in_scratch(here, uncommitted=False) as place, progress("judge") as tell:
        done, total = 0, sum(len(row.newer) for row in rows)
        for row in rows:
            bench = Bench.of(place, head, row, row.pin, row.environments)
            verdicts[row.pin] = ()
            for newer in row.newer:
                tell(done, total, f"{row.pin} {newer.version}")
                verdicts[row.pin] += (bench.judged("", newer.version),)
                bench.forget(newer.version)
                done += 1
    return verdicts


def paths(here: Repository, moves: Sequence[VersionMove], cooldown: timedelta = timedelta()) -> tuple[JudgedPath, ...]:
    """For each move the best way there, over the versions in between that are old enough.

    Raises:
        UsageError, WorldError: there is no Git repository, no commit to start from, or a source does not answer.
    """
    head = head_of(here)
    rows = newer_of(here, [move.release for move in moves], cooldown)
    with in_scratch(here, uncommitted=False) as place:
        return tuple(
            _path(Bench.of(place, head, _row_of(move, rows), move.pin, move.environments), move, _between(move, rows))
            for move in moves
        )


def next_step(here: Repository, move: VersionMove, cooldown: timedelta) -> VersionMove | None:
    """The first step of the way to where ``move`` leads; where that is blocked, the newest version that is not.

    None where there is neither, or only ``move`` itself.

    Raises:
        UsageError, WorldError: as ``paths``.
    """
    rows = newer_of(here, [move.release], cooldown)
    between = _between(move, rows)
    with in_scratch(here, uncommitted=False) as place:
        bench = Bench.of(place, head_of(here), _row_of(move, rows), move.pin, move.environments)
        first = next(iter(_path(bench, move, between).steps), None)
        if first is None or not first.is_step:
            first = next(
                (step for step in (bench.judged("", each) for each in reversed(between)) if step.is_step), None
            )
    return None if first is None or first.version == move.after else replace(move, after=first.version)


def next_steps(here: Repository, batch: Sequence[VersionMove], cooldown: timedelta) -> list[VersionMove]:
    """The next step of each; a move itself where there is none. Members that go one way together take one step.

    Raises:
        UsageError, WorldError: as ``paths``.
    """
    if len(batch) == 1 or len({(move.before, move.after) for move in batch}) > 1:
        return [next_step(here, move, cooldown) or move for move in batch]
    version = _common_step(here, batch, cooldown)
    return [replace(move, after=version) for move in batch]


def _common_step(here: Repository, batch: Sequence[VersionMove], cooldown: timedelta) -> str:
    """The version of the next step that all can make; the one asked for where there is none."""
    rows, wanted = newer_of(here, [move.release for move in batch], cooldown), batch[0].after
    between = [
        version for version in _between(batch[0], rows) if all(version in _between(move, rows) for move in batch)
    ]
    with in_scratch(here, uncommitted=False) as place:
        head = head_of(here)
        benches = [Bench.of(place, head, _row_of(move, rows), move.pin, move.environments) for move in batch]

        @cache
        def steps(old: str, new: str) -> tuple[JudgedVersion, ...]:
            return tuple(bench.judged(old, new) for bench in benches)

        def judge(old: str, new: str) -> int | None:
            verdicts = steps(old, new)
            failed = any(judged_version.verdict is Verdict.FAILED for judged_version in verdicts)
            return (
                None if failed else sum(judged_version.blockers + judged_version.skips for judged_version in verdicts)
            )

        way = best_path(["", *between, wanted], judge)
        ahead = [*(way.versions[:1] if way else ()), *reversed(between)]
        return next((version for version in ahead if all(step.is_step for step in steps("", version))), wanted)


def _between(move: VersionMove, rows: Sequence[Standing]) -> list[str]:
    """The versions before the one that ``move`` leads to, the oldest first."""
    row = _row_of(move, rows)
    if row.problem:
        raise WorldError(f"release {row.release!r}: {row.problem}")
    end = Version.parse(move.after)
    return [each.version for each in reversed(row.newer) if Version.parse(each.version) < end]


def _row_of(move: VersionMove, rows: Sequence[Standing]) -> Standing:
    return next(row for row in rows if row.release == move.release and {*row.environments} & {*move.environments})


def newer_of(here: Repository, releases: Sequence[str], cooldown: timedelta = timedelta()) -> Sequence[Standing]:
    """Where the releases stand, with all newer versions that are old enough; asks their sources."""
    with progress("versions") as tell:
        now, source = datetime.now(tz=UTC), here.chart_source()
        return standings(here.config, here.lock, releases, source, now, cooldown=cooldown, progress=tell)


def _path(bench: Bench, move: VersionMove, between: Sequence[str]) -> JudgedPath:
    judged: dict[tuple[str, str], JudgedVersion] = {}

    def judge(old: str, new: str) -> int | None:
        with progress("judge") as tell:
            tell(len(judged), 0, f"{move.pin} {old or move.before} -> {new}")
        step = judged[old, new] = bench.judged(old, new)
        return None if step.verdict is Verdict.FAILED else step.blockers + step.skips

    way = best_path(["", *between, move.after], judge)
    steps = () if way is None else tuple(judged[pair] for pair in pairwise(["", *way.versions]))
    return JudgedPath(move.pin, move.before, move.after, steps)


def head_of(here: Repository) -> GitTree:
    """The last commit, which other versions are compared with.

    Raises:
        UsageError: there is none.
    """
    head = here.head()
    if head is None:
        raise UsageError("there is no commit to compare with", hint="pipeline commit makes one")
    return head
