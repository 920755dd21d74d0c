"""How a report is shown on the terminal at work: its width, its pager, its links, and the options that say how much."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TextIO

import click

from pipeline.cli.support.settings import interactive, settings
from pipeline.core.risk.levels import LEVELS

if TYPE_CHECKING:
    from pipeline.report.look import Look
    from pipeline.report.terminal import Depth

_ADDRESS = re.compile(r"https://[A-Za-z0-9._~/:-]{1,500}/\Z")
_LINKING = ("VTE_VERSION", "KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR")
"""Set by terminals that show OSC 8 as a link; the others show nothing of it, or, being very old, its text."""
_LINKING_PROGRAMS = ("iTerm.app", "vscode", "WezTerm", "ghostty", "Hyper", "Tabby")


def view_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a verb that shows a report: how much of it the terminal gets."""
    options = (
        click.option("--brief", is_flag=True, help="Terminal: the verdict and what to do, in at most 20 lines."),
        click.option("--full", is_flag=True, help="Terminal: every finding and every line of the diff."),
        click.option("--stat", is_flag=True, help="Terminal: one line for each changed object."),
        click.option(
            "--only", multiple=True, metavar="KIND/NAME", help="Terminal: this object in full (* matches; repeatable)."
        ),
        click.option(
            "--severity", type=click.Choice(LEVELS), help="Terminal: findings of this severity and worse, and objects."
        ),
        click.option(
            "-C",
            "--context",
            "around",
            type=click.IntRange(0, 1_000),
            default=1,
            show_default=True,
            metavar="N",
            help="Terminal: lines around each change in a text.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def depth_of(options: Mapping[str, Any]) -> "Depth":
    from pipeline.report.narrowed import Narrowing
    from pipeline.report.terminal import Depth

    only = Narrowing(options["only"], options["severity"])
    return Depth(options["brief"], options["full"], options["stat"], options["around"], only)


def look_here() -> "Look":
    """Of stdout: as wide as the terminal is; unwrapped where it is none."""
    from pipeline.report.look import UNWRAPPED, Look

    wide = sys.stdout.isatty() or bool(os.environ.get("COLUMNS"))
    columns = shutil.get_terminal_size((100, 24)).columns if wide else UNWRAPPED
    address = os.environ.get("PIPELINE_RULES_URL", "")
    links = address if links_shown(sys.stdout, os.environ) and _ADDRESS.match(address) else ""
    return Look(settings().colored(sys.stdout), columns, links)


def links_shown(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """FORCE_HYPERLINK, as other programs read it; else whether ``stream`` is a terminal that is known to show links."""
    forced = environ.get("FORCE_HYPERLINK", "")
    if forced:
        return forced != "0"
    known = any(environ.get(name) for name in _LINKING) or environ.get("TERM_PROGRAM") in _LINKING_PROGRAMS
    return known and stream.isatty() and environ.get("TERM") != "dumb"


def paged(text: str) -> bool:
    """Show ``text`` in the pager, as Git does: where a person watches and it is longer than the screen.

    ``PIPELINE_PAGER``, then ``PAGER``, then less; ``cat`` or nothing is none. Returns whether it was shown.
    """
    if settings().no_pager or not interactive(sys.stdout, os.environ):
        return False
    import shlex

    from pipeline.adapters.process import feed
    from pipeline.cli.support.output import shown

    wanted = next((os.environ[name] for name in ("PIPELINE_PAGER", "PAGER") if name in os.environ), "less")
    try:
        argv = tuple(shlex.split(wanted))
    except ValueError:  # an open quote: Git's shell would refuse it too
        return False
    if not argv or argv == ("cat",) or text.count("\n") < shutil.get_terminal_size((100, 24)).lines:
        return False
    defaults = {name: value for name, value in (("LESS", "FRX"), ("LV", "-c")) if name not in os.environ}
    sys.stdout.flush()
    return feed(argv, shown(text), defaults)
