"""``pipeline plan``: writes down, for approval, what apply would do to a cluster. Writes nothing to the cluster."""

from pathlib import Path

import click

from pipeline.core.errors import CHANGES, OK, UNSAFE


@click.command(short_help="Compare the committed tree with a cluster, and record what apply would do.")
@click.option("-e", "--environment", help="The environment.  [default: the only one with a cluster]")
@click.argument("named", nargs=-1, metavar="[RELEASE]...")
@click.option("-l", "--release", "releases", multiple=True, help="Only this release (repeatable).")
@click.option("--out", type=click.Path(path_type=Path), metavar="PLAN", help="Write the plan to this file.")
@click.option(
    "--commit", default="", metavar="REVISION", help="Plan the rendered tree of this commit.  [default: HEAD]"
)
@click.option(
    "--full", is_flag=True, help="Ask the server about every object, including unchanged ones of the last run."
)
@click.option(
    "--offline",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="INVENTORY",
    help="Compare with this recorded inventory, without a cluster. The plan cannot be applied.",
)
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
    named: tuple[str, ...],
    environment: str | None,
    releases: tuple[str, ...],
    out: Path | None,
    commit: str,
    full: bool,
    offline: Path | None,
    outputs: tuple[str, ...],
    detailed_exitcode: bool,
) -> int:
    """Ask the cluster, object by object, what applying the committed rendered tree would do (server-side dry run).

    The plan names every write and every deletion; approve and apply accept only that file. Exit 9 if it violates a
    safety rule: the plan then says which, and what to do. Formats: terminal, json, markdown.

    --offline needs no cluster and no permissions: `pipeline status -o inventory` records what it compares with.
    """
    from pipeline.cli.support.cluster_environment import Wish, only_environment, place, plan
    from pipeline.cli.support.progress import progress
    from pipeline.wiring import repository

    here = repository()
    at = place(here, only_environment(here, environment))
    wish = Wish((*releases, *named), commit, (), full)
    if offline is not None:
        from pipeline.cli.support.offline_plan import plan_offline

        made = plan_offline(at, wish, offline)
    else:
        with progress("plan") as tell:
            made = plan(at, wish, tell)
    show(made, out, outputs)
    if made.problems:
        return UNSAFE
    return CHANGES if detailed_exitcode and not made.empty else OK


def show(made: object, out: Path | None, outputs: tuple[str, ...]) -> None:
    """Write the plan where asked, and say what it is and what comes next."""
    import sys

    from pipeline.cli.support.settings import settings
    from pipeline.cli.support.showing import put, write_whole
    from pipeline.core.cluster.api.canonical import digest
    from pipeline.core.cluster.plan.plan import Plan, to_bytes
    from pipeline.core.words import command as words
    from pipeline.report.look import Look
    from pipeline.report.plan_text import markdown, terminal

    assert isinstance(made, Plan), "BUG: no plan"
    data = to_bytes(made)
    forms = {
        "terminal": lambda: terminal(made, digest(data), Look(settings().colored(sys.stdout))),
        "json": data.decode,
        "markdown": lambda: markdown(made, digest(data)),
    }
    put(forms, outputs)
    if out is not None:
        write_whole(out, data.decode())
        click.echo(f"wrote {out}: {digest(data)}", err=True)
        if not made.problems and not made.empty and not made.offline:
            click.echo(f"next: {words('pipeline', 'approve', str(out))}", err=True)
