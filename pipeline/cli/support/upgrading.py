"""The steps of ``upgrade``: edit pipeline.yaml, vendor, render, judge; all of it, or nothing."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pipeline import rules
from pipeline.adapters.disk import Disk
from pipeline.adapters.git.scratch import scratch
from pipeline.cli.support.diff_request import DiffRequest
from pipeline.cli.support.diffing import Comparison
from pipeline.cli.support.fixing_values import charts_of, fixed_values
from pipeline.cli.support.hand_edit_notices import kept_aside
from pipeline.cli.support.progress import progress
from pipeline.cli.support.recovery_notice import say
from pipeline.cli.support.tree_diffing import repository as compared
from pipeline.core.config.diff_source import parse_source
from pipeline.core.config.model import FILE
from pipeline.core.config.read import read
from pipeline.core.config.version_edit import VersionEdit, with_versions
from pipeline.core.errors import UsageError
from pipeline.core.render.file_edits import Edits
from pipeline.core.upgrade.targets import Target
from pipeline.core.upgrade.version_moves import VersionMove, VersionMoves, moves
from pipeline.flows.render.render import render
from pipeline.flows.standings import standings
from pipeline.flows.vendor import vendor
from pipeline.wiring import Repository, repository


@dataclass(frozen=True, slots=True)
class Upgraded:
    """``edits`` are those of pipeline.yaml; ``comparison`` is the last commit against what was rendered."""

    moves: tuple[VersionMove, ...]
    edits: tuple[VersionEdit, ...]
    warnings: tuple[str, ...]
    moved_values: tuple[str, ...]
    """Each value whose key the chart renamed, where they were to be moved."""
    comparison: Comparison


def decided(
    here: Repository, asked: Sequence[Target], cooldown: timedelta, environments: Sequence[str] = ()
) -> VersionMoves:
    """Which release moves where. Sources are only asked where no version was named."""
    here.config.pairs(tuple(environments))
    open_ones = [target.release for target in asked if not target.version]
    fixed = [target.release for target in asked if target.version]
    with progress("versions") as tell:
        now = datetime.now(tz=UTC)
        rows = (
            ()
            if not open_ones
            else standings(
                here.config, here.lock, open_ones, here.chart_source(), now, cooldown=cooldown, progress=tell
            )
        )
    known = standings(here.config, here.lock, fixed, _Silent(), datetime.now(tz=UTC)) if fixed else ()
    return moves(asked, (*rows, *known), environments)


class _Silent:
    """A source that is not asked."""

    def offers(self, _reference: object) -> tuple[()]:
        return ()

    def revision(self, _reference: object) -> str:
        return ""


@contextlib.contextmanager
def in_scratch(here: Repository, *, uncommitted: bool) -> Iterator[Repository]:
    """The same repository in a second work tree, which is the working folder meanwhile: verbs look around there."""
    with scratch(here.root, uncommitted=uncommitted) as folder, contextlib.chdir(folder):
        yield repository(folder)


def upgraded(
    here: Repository, batch: Sequence[VersionMove], fail_on: str | None, *, fix_values: bool = False
) -> Upgraded:
    """Carry out one batch of moves in the work tree, and judge it. ``fix_values`` moves keys that a chart renamed.

    Raises:
        UsageError, ConfigError, StaleError, WorldError, RenderErrors: one of the steps failed; the files are then as
            they were.
    """
    with here.disk.alone("upgrade", say) as alone, alone.as_one() as disk:
        text = _config_text(disk)
        new, edits = with_versions(text, {move.pin: move.after for move in batch})
        warnings, said = _written(here, disk, new, batch, fix_values=fix_values)
    names, environments = tuple(move.release for move in batch), environments_of(batch)
    old = parse_source("ref:HEAD" if here.head() is not None else "empty")
    comparison = compared(old, parse_source("worktree"), DiffRequest(environments, names, fail_on))
    return Upgraded(tuple(batch), edits, warnings, said, comparison)


def environments_of(batch: Sequence[VersionMove]) -> tuple[str, ...]:
    """Those in which any of the releases moves."""
    return tuple(dict.fromkeys(environment for move in batch for environment in move.environments))


def _config_text(disk: Disk) -> str:
    data = disk.read(FILE)
    if data is None:
        raise UsageError(f"{FILE} is not here", hint="pipeline init writes one")
    return data.decode("utf-8")


def _written(
    here: Repository, disk: Disk, text: str, batch: Sequence[VersionMove], *, fix_values: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """pipeline.yaml, the chart, the lock and the rendered files; the warnings of the render, and what was moved."""
    names = [move.release for move in batch]
    config = read(text, rule_ids=rules.names())
    with progress("vendor") as tell:
        done = vendor(config, here.lock, names, disk, here.chart_source(), work=here.fetching(disk, tell))
    files, known = {**done.edits.files, FILE: text.encode()}, {**done.edits.known, FILE: ""}
    before = charts_of(here.lock, disk, batch) if fix_values else {}
    _carry_out(here, disk, replace(done.edits, files=files, known=known))
    said: tuple[str, ...] = ()
    if fix_values:
        fixed = fixed_values(config, disk, batch, before, charts_of(done.lock, disk, batch))
        disk.carry_out(Edits(files=fixed.files))
        said = fixed.said
    there = replace(here, config=config)
    with progress("render") as tell:
        pairs = config.pairs(environments_of(batch), tuple(names))
        outcome = render(config, done.lock, pairs, there.render_world(), tell).whole()
    _carry_out(there, disk, outcome.edits)
    return outcome.warnings, said


def _carry_out(here: Repository, disk: Disk, edits: Edits) -> None:
    with kept_aside(here, disk.turn) as aside:
        disk.carry_out(edits, aside)
