"""``pipeline promote``: brings the version that runs in one environment to another, and judges it there."""

from collections.abc import Sequence
from typing import Any

import click

from pipeline.cli.support.upgrade_options import branch_option, dry_run_option, fail_on_option
from pipeline.core.errors import OK, UsageError

_OF_PROMOTE = "terminal, json, markdown, html, sarif or junit, in a file with =PATH"


@click.command(short_help="Bring a version from one environment to another, and judge it.")
@click.argument("targets", nargs=-1, required=True, metavar="RELEASE|GROUP...")
@click.option("--from", "source", required=True, metavar="ENV", help="The environment that has the version.")
@click.option("--to", "target", required=True, metavar="ENV", help="The environment that gets it.")
@dry_run_option
@branch_option
@click.option(
    "-o", "--output", "outputs", multiple=True, metavar="FORMAT[=PATH]", help=f"Output format: {_OF_PROMOTE}."
)
@fail_on_option
def command(targets: tuple[str, ...], **options: Any) -> int:
    """Write the version that --from has in pipeline.lock into --to, vendor, render, and show the diff with its verdict.

    Namespace, release name and values of --to stay as they are. If a step fails, every file is as it was.

    \b
    pipeline promote vault --from staging --to prod
    pipeline promote mesh --from staging --to prod --branch
    """  # noqa: D301 - \b is for click
    if options["branch"] is not None and options["dry_run"]:
        raise UsageError("--branch and --dry-run exclude each other", hint="use one of them")
    return _promoted(targets, (options["source"], options["target"]), options)


def _promoted(asked: Sequence[str], between: tuple[str, str], options: dict[str, Any]) -> int:
    from datetime import timedelta

    from pipeline.cli.support import upgrade_runs as runs
    from pipeline.cli.support.recovery_notice import say
    from pipeline.cli.support.upgrading import decided
    from pipeline.core.upgrade.promotion import promoted
    from pipeline.core.upgrade.targets import targets
    from pipeline.core.words import command as shell
    from pipeline.wiring import repository

    here = repository()
    here.check_whole()
    wanted, staying = promoted(here.config, here.lock, targets(here.config, asked), *between)
    decision = decided(here, wanted, timedelta(), between[1:])
    for release, why in decision.stays.items():
        say(f"{release} stays: {why}")
    if not decision.moves:
        click.echo("nothing to promote")
        return OK
    for line in staying:
        say(line)
    if options["branch"] is not None:
        return runs.on_branch(here, decision.moves, options["branch"], runs.UpgradeWish(options["fail_on"]))
    again = shell("pipeline", "promote", *asked, "--from", between[0], "--to", between[1])
    wish = runs.UpgradeWish(options["fail_on"], again if options["dry_run"] else "")
    return runs.in_place(here, decision.moves, options["outputs"], wish)
