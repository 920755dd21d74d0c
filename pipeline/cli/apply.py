"""``pipeline apply``: carries out an approved plan, and nothing else."""

from pathlib import Path

import click

FORMATS = ("terminal", "json")


@click.command(short_help="Do exactly what an approved plan says.")
@click.argument("plan", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--approval",
    "approvals",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="An approval beside those in approvals/ (repeatable).",
)
@click.option("--plan-digest", metavar="SHA256", help="Approve the plan of this very digest (a workflow's input).")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="terminal", help="How to show what became of it.")
def command(*, plan: Path, approvals: tuple[Path, ...], plan_digest: str | None, output: str) -> int:
    """Carry out PLAN, phase by phase, under the environment's lock. Only what was approved is written.

    Before the first write everything is looked at again: the approval, the manifests, the cluster, each object. What
    was killed half way is taken up again by the same command.
    """
    from pipeline.cli.support.applying import Given, run

    return run(Given(plan, approvals, plan_digest, output))
