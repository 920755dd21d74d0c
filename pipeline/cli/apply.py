"""``pipeline apply``: carries out an approved plan, and nothing else."""

from pathlib import Path

import click

FORMATS = ("terminal", "json")


@click.command(short_help="Carry out an approved plan, and nothing else.")
@click.argument("plan", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--approval",
    "approvals",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Another approval file, in addition to approvals/ (repeatable).",
)
@click.option("--plan-digest", metavar="SHA256", help="Approve the plan with exactly this digest (a workflow's input).")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="terminal", help="Output format of the result.")
def command(*, plan: Path, approvals: tuple[Path, ...], plan_digest: str | None, output: str) -> int:
    """Carry out PLAN, phase by phase, under the environment's lock. Only what was approved is written.

    Before the first write, all preconditions are checked again: the approval, the manifests, the cluster, each object.
    Run the same command again to resume an interrupted apply.
    """
    from pipeline.cli.support.apply_verb import Given, run

    return run(Given(plan, approvals, plan_digest, output))
