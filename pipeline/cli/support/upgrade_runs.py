"""What ``upgrade`` and ``promote`` do with the moves: in the work tree, on a branch, or as a path only shown."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta

import click

from pipeline.adapters.git.scratch import restore
from pipeline.cli.support.committing import committed, to_commit
from pipeline.cli.support.judging import paths
from pipeline.cli.support.log_lines import unheard, unheard_where_needed
from pipeline.cli.support.recovery_notice import say
from pipeline.cli.support.settings import settings
from pipeline.cli.support.showing import show
from pipeline.cli.support.trace import redact
from pipeline.cli.support.upgrading import Upgraded, in_scratch, upgraded
from pipeline.core.errors import FAILED, OK, RISK, PipelineError
from pipeline.core.judge.report import Verdict
from pipeline.core.upgrade.version_moves import VersionMove, batches, branch_name
from pipeline.core.words import command as shell
from pipeline.report.look import Look
from pipeline.report.path_text import terminal
from pipeline.report.safe_text import safe
from pipeline.report.structured import document
from pipeline.wiring import Repository


@dataclass(frozen=True, slots=True)
class UpgradeWish:
    """``fail_on`` is a severity; ``again`` the command that does what a dry run shows, empty where it is done now."""

    fail_on: str | None = None
    again: str = ""
    fix_values: bool = False


def in_place(here: Repository, moves: Sequence[VersionMove], outputs: tuple[str, ...], how: UpgradeWish) -> int:
    """All moves at once, in the work tree; or for a dry run in another one."""
    with in_scratch(here, uncommitted=True) if how.again else nullcontext(here) as place:
        done = upgraded(place, moves, how.fail_on, fix_values=how.fix_values)
    tell(done)
    show(document(done.comparison.report), outputs)
    code = _exit_code(done)
    if how.again:
        click.echo(f"nothing was changed; to do it: {how.again}", err=True)
    elif code == OK:
        click.echo("next: pipeline commit", err=True)
    else:
        click.echo("next: read the findings, fix what blocks in values/ or overlays/, then pipeline render", err=True)
    return code


def on_branch(here: Repository, moves: Sequence[VersionMove], branch: str, how: UpgradeWish) -> int:
    """A commit for each batch. What fails is named, and the others are committed all the same."""
    name, made, worst = branch or branch_name(moves), 0, OK
    with in_scratch(here, uncommitted=False) as place:
        for batch in batches(moves):
            try:
                done = upgraded(place, batch, how.fail_on, fix_values=how.fix_values)
                with place.disk.alone("commit", say) as disk:
                    found_files = to_commit(place)
                    assert found_files is not None, "BUG: an upgrade that changes no file"
                    assert disk.turn is not None, "BUG: nobody's turn"
                    commit = committed(place, found_files, disk.turn, None if made else name)
            except PipelineError as error:
                say(f"{', '.join(map(str, batch))} failed: {redact(str(error))}")
                restore(place.root)
                worst = FAILED
                continue
            tell(done)
            made += 1
            click.echo(f"committed {commit[:10]} on {name}: {found_files.subject}")
            worst = worst or _exit_code(done)
    if made:
        click.echo(f"next: {shell('git', 'push', '-u', 'origin', name)}", err=True)
    return worst


def show_paths(here: Repository, moves: Sequence[VersionMove], cooldown: timedelta = timedelta()) -> int:
    """For each release the steps, with what blocks each of them."""
    ways = paths(here, moves, cooldown)
    look = Look(settings().colored(sys.stdout))
    click.echo(unheard("\n".join(terminal(way, look) for way in ways)), nl=False, color=True)
    return OK if all(way.is_open for way in ways) else RISK


def tell(done: Upgraded) -> None:
    """What was edited, and what the render warns of."""
    for edit in done.edits:
        click.echo(unheard_where_needed(safe(f"{edit}\n")), nl=False, err=True)
    for line in done.moved_values:
        click.echo(unheard_where_needed(safe(f"{line}\n")), nl=False, err=True)
    for line in done.warnings:
        click.echo(unheard_where_needed(safe(f"warning: {line}\n")), nl=False, err=True)


def _exit_code(done: Upgraded) -> int:
    verdict = done.comparison.report.verdict
    return FAILED if verdict is Verdict.FAILED else RISK if verdict is Verdict.BLOCKED else OK
