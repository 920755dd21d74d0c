"""``pipeline rollback``: makes a plan that leads back to an earlier commit, and says what it cannot restore."""

from pathlib import Path

import click

from pipeline.core.errors import CHANGES, OK, UNSAFE


@click.command(short_help="Plan the way back to an earlier state that was applied.")
@click.argument("commit")
@click.argument("named", nargs=-1, metavar="[RELEASE]...")
@click.option("-e", "--environment", help="The environment.  [default: the only one with a cluster]")
@click.option("-l", "--release", "releases", multiple=True, help="Only this release (repeatable).")
@click.option("--out", type=click.Path(path_type=Path), metavar="PLAN", help="Write the plan to this file.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT[=PATH]",
    help="Output format, in a file with =PATH (repeatable).",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if apply would change anything.")
def command(
    *,
    commit: str,
    named: tuple[str, ...],
    environment: str | None,
    releases: tuple[str, ...],
    out: Path | None,
    outputs: tuple[str, ...],
    detailed_exitcode: bool,
) -> int:
    """Plan the way back from today's cluster to the tree of COMMIT. It is approved and applied like any other plan.

    Nothing is applied. The plan lists what cannot be restored (stored versions, deleted data, hooks).
    Formats: terminal, json, markdown.
    """
    from pipeline.cli.plan import show
    from pipeline.cli.support.cluster_environment import Wish, only_environment, place, rollback
    from pipeline.cli.support.progress import progress
    from pipeline.wiring import repository

    here = repository()
    at = place(here, only_environment(here, environment))
    with progress("rollback") as tell:
        made = rollback(at, Wish((*releases, *named), commit), tell)
    show(made, out, outputs)
    if made.problems:
        return UNSAFE
    return CHANGES if detailed_exitcode and not made.empty else OK
