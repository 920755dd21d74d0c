"""``pipeline upgrade``: moves releases to other versions, and says what that would do."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.support.upgrade_options import branch_option, dry_run_option, fail_on_option
from pipeline.core.errors import OK, RISK, UsageError

if TYPE_CHECKING:
    from datetime import timedelta

    from pipeline.core.upgrade.version_moves import VersionMove
    from pipeline.wiring import Repository

_OF_UPGRADE = "terminal, json, markdown, html, sarif or junit, in a file with =PATH"


@click.command(short_help="Move releases to newer versions, and judge it.")
@click.argument("targets", nargs=-1, metavar="[RELEASE|GROUP[@VERSION]]...")
@click.option("-e", "--environment", "environments", multiple=True, help="Only in this environment (repeatable).")
@click.option("--all", "everything", is_flag=True, help="Every release.")
@dry_run_option
@click.option("--path", is_flag=True, help="Show the steps to the version that the fewest findings block.")
@click.option("--fix-values", is_flag=True, help="Move values whose keys the chart renamed, where that is certain.")
@click.option("--to-kube", metavar="VERSION", help="Show which releases must move before Kubernetes VERSION.")
@branch_option
@click.option(
    "--pr", "pull_requests", is_flag=True, help="With --branch: a GitHub pull request for each release or group."
)
@click.option("--repo", metavar="OWNER/NAME", help="With --pr: the repository.  [default: that of the Actions run]")
@click.option(
    "--cooldown", default="0d", metavar="SPAN", help="Ignore versions that are younger, for example 3d or 12h."
)
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help=f"Output format: {_OF_UPGRADE}."
)
@fail_on_option
def command(targets: tuple[str, ...], **options: Any) -> int:
    """Edit the version in pipeline.yaml, vendor, render, and show the diff with its verdict.

    Without a version, the newest is taken. If a step fails, every file is as it was. With --branch, each release (or
    group) is one commit on a new branch, made from the last commit.

    With --pr, each release (or group) gets a branch and a pull request, or the one that is there is refreshed. A closed
    one stays closed until there is a newer version. The token is read from GITHUB_TOKEN (or GH_TOKEN), the API's
    address from GITHUB_API_URL.

    \b
    pipeline upgrade vault
    pipeline upgrade vault@0.30.0 -e staging
    pipeline upgrade mesh@1.28.0 --dry-run
    pipeline upgrade vault@0.30.0 --path
    pipeline upgrade --to-kube 1.37 -e prod
    pipeline upgrade --all --cooldown 3d --branch
    pipeline upgrade --all --cooldown 3d --branch --pr
    """  # noqa: D301 - \b is for click
    from pipeline.wiring import repository

    ways = ("dry_run", "path", "to_kube", "branch")
    if sum(options[way] not in (None, False) for way in ways) > 1:
        message = "--branch, --dry-run, --path and --to-kube exclude each other"
        raise UsageError(message, hint="use one of them")
    if options["pull_requests"] and options["branch"] != "":
        raise UsageError("--pr goes with --branch, without a name", hint="pipeline upgrade --all --branch --pr")
    here = repository()
    here.check_whole()
    environments = options["environments"]
    if options["to_kube"] is not None:
        return _to_kube(here, options["to_kube"], environments, targets)
    moves = _decided(here, targets, _span(options["cooldown"]), environments, everything=options["everything"])
    if not moves:
        click.echo("nothing to upgrade")
        return OK
    return _carried_out(here, moves, options)


def _carried_out(here: "Repository", moves: "tuple[VersionMove, ...]", options: dict[str, Any]) -> int:
    from pipeline.cli.support import upgrade_runs as runs
    from pipeline.core.words import command as shell

    cooldown = _span(options["cooldown"])
    if options["path"]:
        return runs.show_paths(here, moves, cooldown)
    words = (*(f"{move.release}@{move.after}" for move in moves), *_of(options["environments"]))
    fix = options["fix_values"]
    again = shell("pipeline", "upgrade", *words, *(["--fix-values"] if fix else [])) if options["dry_run"] else ""
    wish = runs.UpgradeWish(options["fail_on"], again, fix_values=fix)
    if options["pull_requests"]:
        from pipeline.cli.support.proposing import place_of, with_pull_requests

        return with_pull_requests(here, moves, place_of(here, options["repo"]), wish, cooldown)
    if options["branch"] is not None:
        return runs.on_branch(here, moves, options["branch"], wish)
    return runs.in_place(here, moves, options["outputs"], wish)


def _to_kube(here: "Repository", kube: str, environments: tuple[str, ...], asked: tuple[str, ...]) -> int:
    import sys

    from pipeline.cli.support.kube_raise import kube_plans
    from pipeline.cli.support.log_lines import unheard
    from pipeline.cli.support.settings import settings
    from pipeline.core.upgrade.targets import targets
    from pipeline.report.kube_text import terminal
    from pipeline.report.look import Look

    wanted = targets(here.config, asked)
    if any(target.version for target in wanted):
        raise UsageError("--to-kube finds the versions itself", hint="name releases without a version")
    plans = kube_plans(here, kube, environments, [target.release for target in wanted])
    look = Look(settings().colored(sys.stdout))
    click.echo(unheard(terminal(plans, look)), nl=False, color=True)
    return OK if all(plan.is_open for plan in plans) else RISK


def _of(environments: Sequence[str]) -> list[str]:
    return [word for name in environments for word in ("-e", name)]


def _span(cooldown: str) -> "timedelta":
    from pipeline.core.upgrade.duration import duration

    try:
        return duration(cooldown)
    except ValueError as error:
        raise UsageError(f"--cooldown: {error}") from error


def _decided(
    here: "Repository",
    asked: Sequence[str],
    cooldown: "timedelta",
    environments: Sequence[str],
    *,
    everything: bool,
) -> "tuple[VersionMove, ...]":
    from pipeline.cli.support.recovery_notice import say
    from pipeline.cli.support.upgrading import decided
    from pipeline.core.upgrade.targets import targets

    wanted = targets(here.config, asked, everything=everything)
    if not wanted:
        raise UsageError("no release is named", hint="pipeline upgrade RELEASE, or --all; pipeline outdated lists them")
    decision = decided(here, wanted, cooldown, environments)
    for release, why in decision.stays.items():
        say(f"{release} stays: {why}")
    return decision.moves
