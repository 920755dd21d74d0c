"""Options that verbs which judge an upgrade have in common."""

import click

from pipeline.core.risk.levels import LEVELS

branch_option = click.option(
    "-b",
    "--branch",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Commit on a new branch; leave the work tree alone.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
fail_on_option = click.option(
    "--fail-on", type=click.Choice(LEVELS), help="Exit 3 if a proven finding has this severity or a higher one."
)
