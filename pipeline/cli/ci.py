"""``pipeline ci``: help for workflows that share out their work."""

import click

from pipeline.core.errors import OK


@click.group(short_help="Help a CI workflow share out its work.")
def command() -> None:
    """Help a CI workflow share out its work."""


@command.command()
@click.option("--max", "most", type=click.IntRange(1, 256), default=8, show_default=True, help="The most shards.")
def shards(most: int) -> int:
    """Print the shards of this repository as a JSON list, for a workflow's matrix: ["1/4", "2/4", …].

    There are never more than releases. Each is given to pipeline diff --shard; pipeline report merges their reports.
    """
    import json

    from pipeline.wiring import repository

    count = min(most, max(1, len(repository().config.pairs())))
    click.echo(json.dumps([f"{number}/{count}" for number in range(1, count + 1)]))
    return OK
