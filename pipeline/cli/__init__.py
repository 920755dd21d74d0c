"""The command line: ``main`` is the console script, ``cli`` the group of verbs.

Importing this imports click and nothing heavier; a verb's module is imported when that verb runs (see verbs.py).
What several verbs share belongs in cli/support, a decision in flows or core.
"""

import gc
import sys
import warnings
from contextlib import suppress

import click

from pipeline import __version__
from pipeline.cli.support.exits import EXIT_CODES
from pipeline.cli.support.failure import guarded
from pipeline.cli.support.group import VerbGroup
from pipeline.cli.support.interrupts import heed, leave
from pipeline.cli.support.output import guarded_output
from pipeline.core.errors import INTERRUPTED

_GARBAGE = (50_000, 20, 100)
"""Objects between two looks for garbage: with Python's 700, a tenth of an apply goes into looking at what stays."""
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
    """Run ``pipeline`` with ``args`` (default: the process's own) and exit the process with its exit code.

    The process ends without taking down what it built: of a large comparison that would be a tenth of the time.
    """
    if args is not None:
        sys.exit(run(args))
    code = INTERRUPTED
    if not sys.warnoptions:  # libraries warn their developers, who ask for it with -W
        warnings.simplefilter("ignore")
    heed()
    try:
        code = run(sys.argv[1:])
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # no one may be reading any more
                stream.flush()
    finally:
        leave(code)


def run(args: list[str]) -> int:
    """Run ``pipeline`` and return the exit code. A verb's own return value, where it is an int, is its exit code."""
    gc.set_threshold(*_GARBAGE)
    with guarded_output():
        return guarded(lambda: cli.main(args, prog_name="pipeline", standalone_mode=False), args)
