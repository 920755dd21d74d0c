"""The command line: one file per verb, loaded when it is asked for."""

import click


@click.group()
def main() -> None:
    """Know what a Helm chart upgrade will really do before anyone merges it."""
