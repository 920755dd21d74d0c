"""What the verbs say of a tree that is older than what it is made of: a line first, and in CI the exit code 4."""

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import click

from pipeline.core.words import counted, one_per_line

if TYPE_CHECKING:
    from pipeline.flows.committed import ReleaseSelection
    from pipeline.wiring import Repository

_SHOWN = 8
_HINT = "pipeline render"


def outdated_here(here: "Repository", wanted: "ReleaseSelection | None" = None) -> tuple[str, ...]:
    """One line for each release that is not as it would be rendered now."""
    from pipeline.flows.committed import ReleaseSelection
    from pipeline.flows.outdated import outdated

    return outdated(here.config, here.lock, here.render_world(), wanted or ReleaseSelection())


def in_ci(environ: Mapping[str, str]) -> bool:
    return environ.get("CI", "") not in ("", "false", "0")


def say_outdated(lines: Iterable[str]) -> bool:
    """On stderr; whether that is a failure here, as it is in CI."""
    from pipeline.cli.support.recovery_notice import say

    every = list(lines)
    if not every:
        return False
    say(f"rendered/ is out of date for {counted(len(every), 'release')}:")
    for line in one_per_line(every, _SHOWN, noun="release"):
        say(f"  {line}")
    click.echo(f"  try: {_HINT}", err=True)
    return in_ci(os.environ)


def refuse_outdated(here: "Repository", wanted: "ReleaseSelection | None" = None) -> None:
    """Says it; in CI nobody goes on.

    Raises:
        StaleError: the tree is out of date, in CI.
    """
    from pipeline.core.errors import StaleError

    lines = outdated_here(here, wanted)
    if say_outdated(lines):
        raise StaleError(f"rendered/ is out of date for {counted(len(lines), 'release')}", hint=_HINT)
