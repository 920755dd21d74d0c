"""The options of ``pipeline init`` that only ``--github`` takes: what the workflows must fit."""

from pathlib import Path
from typing import Any

import click

_OF = "With --github: "


def github_options(command: Any) -> Any:
    """Put them behind the options that ``command`` has."""
    for option in (
        click.option(
            "--hashes",
            type=click.Path(path_type=Path),
            metavar="REPORT",
            help=f"{_OF}pin every package by its digest; what pip install --dry-run --report wrote.",
        ),
        click.option("--index-url", default="", metavar="URL", help=f"{_OF}the package index to install from."),
        click.option("--runner", default="", metavar="LABEL", help=f"{_OF}the label of your own runners."),
        click.option("--enterprise", is_flag=True, help=f"{_OF}for GitHub Enterprise Server."),
    ):
        command = option(command)
    return command
