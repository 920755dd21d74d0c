"""``pipeline upgrade``: moves releases to other versions, and says what that would do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pipeline.core.errors import FAILED, OK, RISK, UsageError
from pipeline.core.risk.levels import LEVELS

if TYPE_CHECKING:
    from datetime import timedelta

    from pipeline.cli.support.upgrading import Upgraded
    from pipeline.core.upgrade.version_moves import VersionMove
    from pipeline.wiring import Repository

_OF_UPGRADE = "terminal, json, markdown, html, sarif or junit, in a file with =PATH"


@click.command(short_help="Move releases to newer versions, and judge it.")
@click.argument("targets", nargs=-1, metavar="[RELEASE|GROUP[@VERSION]]...")
@click.option("--all", "everything", is_flag=True, help="Every release.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--path", is_flag=True, help="Show the steps to the version that the fewest findings block.")
@click.option(
    "-b",
    "--branch",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Commit on a new branch; leave the work tree alone.",
)
@click.option(
    "--cooldown", default="0d", metavar="SPAN", help="Ignore versions that are younger, for example 3d or 12h."
)
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help=f"Output format: {_OF_UPGRADE}."
)
@click.option(
    "--fail-on", type=click.Choice(LEVELS), help="Exit 3 if a proven finding has this severity or a higher one."
)
def command(
    targets: tuple[str, ...],
    *,
    everything: bool,
    dry_run: bool,
    path: bool,
    branch: str | None,
    cooldown: str,
    outputs: tuple[str, ...],
    fail_on: str | None,
) -> int:
    """Edit the version in pipeline.yaml, vendor, render, and show the diff with its verdict.

    Without a version, the newest is taken. If a step fails, every file is as it was. With --branch, each release (or
    group) is one commit on a new branch, made from the last commit.

    \b
    pipeline upgrade vault
    pipeline upgrade mesh@1.28.0 --dry-run
    pipeline upgrade vault@0.30.0 --path
    pipeline upgrade --all --cooldown 3d --branch
    """  # noqa: D301 - \b is for click
    from pipeline.wiring import repository

    here = repository()
    here.check_whole()
    found = _decided(here, targets, _span(cooldown), everything=everything)
    if not found:
        click.echo("nothing to upgrade")
        return OK
    if (branch is not None) + dry_run + path > 1:
        raise UsageError("--branch, --dry-run and --path exclude each other", hint="use one of them")
    if path:
        return _paths(here, found)
    if branch is not None:
        return _on_branch(here, found, branch, fail_on)
    return _here(here, found, outputs, fail_on, dry_run=dry_run)


def _span(cooldown: str) -> "timedelta":
    from pipeline.core.upgrade.duration import duration

    try:
        return duration(cooldown)
    except ValueError as error:
        raise UsageError(f"--cooldown: {error}") from error


def _decided(
    here: "Repository", asked: Sequence[str], cooldown: "timedelta", *, everything: bool
) -> "tuple[VersionMove, ...]":
    from pipeline.cli.support.recovery_notice import say
    from pipeline.cli.support.upgrading import decided
    from pipeline.core.upgrade.targets import targets

    wanted = targets(here.config, asked, everything=everything)
    if not wanted:
        raise UsageError("no release is named", hint="pipeline upgrade RELEASE, or --all; pipeline outdated lists them")
    found = decided(here, wanted, cooldown)
    for release, why in found.stays.items():
        say(f"{release} stays: {why}")
    return found.moves


def _here(
    here: "Repository", found: "Sequence[VersionMove]", outputs: tuple[str, ...], fail_on: str | None, *, dry_run: bool
) -> int:
    """All moves at once, in the work tree or, for a dry run, in another one."""
    from contextlib import nullcontext

    from pipeline.cli.support.showing import show
    from pipeline.cli.support.upgrading import in_scratch, upgraded
    from pipeline.core.words import command as shell
    from pipeline.report.structured import document

    with in_scratch(here, uncommitted=True) if dry_run else nullcontext(here) as place:
        done = upgraded(place, found, fail_on)
    _say(done)
    show(document(done.comparison.report), outputs)
    code = _exit_code(done)
    asked = shell("pipeline", "upgrade", *(f"{move.release}@{move.after}" for move in found))
    if dry_run:
        click.echo(f"nothing was changed; to do it: {asked}", err=True)
    elif code == OK:
        click.echo("next: pipeline commit", err=True)
    else:
        click.echo("next: read the findings, fix what blocks in values/ or overlays/, then pipeline render", err=True)
    return code


def _on_branch(here: "Repository", found: "Sequence[VersionMove]", branch: str, fail_on: str | None) -> int:
    """A commit for each batch. What fails is named, and the others are committed all the same."""
    from pipeline.adapters.git.scratch import restore
    from pipeline.cli.support.committing import committed, to_commit
    from pipeline.cli.support.recovery_notice import say
    from pipeline.cli.support.trace import redact
    from pipeline.cli.support.upgrading import in_scratch, upgraded
    from pipeline.core.errors import PipelineError
    from pipeline.core.upgrade.version_moves import batches, branch_name
    from pipeline.core.words import command as shell

    name, made, worst = branch or branch_name(found), 0, OK
    with in_scratch(here, uncommitted=False) as place:
        for batch in batches(found):
            try:
                done = upgraded(place, batch, fail_on)
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
            _say(done)
            made += 1
            click.echo(f"committed {commit[:10]} on {name}: {found_files.subject}")
            worst = worst or _exit_code(done)
    if made:
        click.echo(f"next: {shell('git', 'push', '-u', 'origin', name)}", err=True)
    return worst


def _paths(here: "Repository", found: "Sequence[VersionMove]") -> int:
    """For each release the steps, with what blocks each of them."""
    import sys

    from pipeline.cli.support.judging import paths
    from pipeline.cli.support.log_lines import unheard
    from pipeline.cli.support.settings import settings
    from pipeline.report.look import Look
    from pipeline.report.path_text import terminal

    ways = paths(here, found)
    look = Look(settings().colored(sys.stdout))
    click.echo(unheard("\n".join(terminal(way, look) for way in ways)), nl=False, color=True)
    return OK if all(way.is_open for way in ways) else RISK


def _say(done: "Upgraded") -> None:
    from pipeline.cli.support.log_lines import unheard_where_needed
    from pipeline.report.plain import safe

    for edit in done.edits:
        click.echo(unheard_where_needed(safe(f"{edit}\n")), nl=False, err=True)
    for line in done.warnings:
        click.echo(unheard_where_needed(safe(f"warning: {line}\n")), nl=False, err=True)


def _exit_code(done: "Upgraded") -> int:
    from pipeline.core.judge.report import Verdict

    verdict = done.comparison.report.verdict
    return FAILED if verdict is Verdict.FAILED else RISK if verdict is Verdict.BLOCKED else OK
