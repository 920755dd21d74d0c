"""The program's own click context, for tests that ask its commands without running them."""

import click

from pipeline.cli import cli


def program_context() -> click.Context:
    """As a run makes it: a command keeps the help option of the first context that asks for one."""
    return cli.make_context("pipeline", [], resilient_parsing=True)
