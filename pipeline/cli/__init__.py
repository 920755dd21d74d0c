"""The command line: ``main`` is the console script, ``cli`` the group of verbs.

Importing this imports click and nothing heavier; a verb's module is imported when that verb runs (see verbs.py).
"""

import sys

import click

from pipeline import __version__
from pipeline.cli.exits import EXIT_CODES
from pipeline.cli.failure import guarded
from pipeline.cli.group import VerbGroup

HABIT = """The daily habit:

\b
  pipeline render && pipeline diff
"""


@click.group(
    cls=VerbGroup,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", message="pipeline %(version)s")
def cli() -> None:
    """Know what a Helm chart upgrade will really do before anyone merges it."""


cli.help = f"{cli.help}\n\n{HABIT}"


def main(args: list[str] | None = None) -> None:
    """Run ``pipeline`` with ``args`` (default: the process's own) and exit the process with its exit code."""
    sys.exit(run(sys.argv[1:] if args is None else args))


def run(args: list[str]) -> int:
    """Run ``pipeline`` and return the exit code. A verb's own return value, where it is an int, is its exit code."""
    return guarded(lambda: cli.main(args, prog_name="pipeline", standalone_mode=False), args)
