"""``pipeline ci``: helps workflows to split their work."""

import click

from pipeline.core.errors import OK


@click.group(short_help="Split the work of a CI workflow.")
def command() -> None:
    """Split the work of a CI workflow."""


@command.command(short_help="Print the shards of this repository, for a workflow's matrix.")
@click.option(
    "--max", "most", type=click.IntRange(1, 256), default=8, show_default=True, help="Maximum number of shards."
)
def shards(most: int) -> int:
    """Print the shards of this repository as a JSON list, for a workflow's matrix: ["1/4", "2/4", …].

    There are never more shards than releases. Pass each to pipeline diff --shard; pipeline report merges the reports.
    """
    import json

    from pipeline.wiring import repository

    count = min(most, max(1, len(repository().config.pairs())))
    click.echo(json.dumps([f"{number}/{count}" for number in range(1, count + 1)]))
    return OK
