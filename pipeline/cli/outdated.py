"""``pipeline outdated``: which releases could move to a newer version of their chart."""

from typing import TYPE_CHECKING

import click

from pipeline.core.errors import CHANGES, FAILED, OK, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.core.upgrade.judged import JudgedVersion
    from pipeline.core.upgrade.newer import Standing
    from pipeline.wiring import Repository

FORMATS = ("terminal", "json")


@click.command(short_help="List newer versions of the charts.")
@click.argument("releases", nargs=-1, metavar="[RELEASE]...")
@click.option(
    "--cooldown", default="0d", metavar="SPAN", help="Ignore versions that are younger, for example 3d or 12h."
)
@click.option("--judge", is_flag=True, help="Render each newer version, and say which blocks.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if any release is outdated.")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="terminal", help="Output format.")
def command(releases: tuple[str, ...], *, cooldown: str, judge: bool, detailed_exitcode: bool, output: str) -> int:
    """Ask every chart's source for its versions, and compare them with pipeline.lock.

    Shows the newest version that pipeline.yaml admits, and the newest of all, without pre-releases. A group is one
    line. Exit 1 if a source does not answer.

    With --judge, each newer version is fetched, rendered and compared with the last commit, in a place of its own.

    \b
    pipeline outdated --cooldown 3d
    pipeline outdated vault --judge
    """  # noqa: D301 - \b is for click
    from datetime import UTC, datetime

    from pipeline.cli.support.progress import progress
    from pipeline.core.upgrade.duration import duration
    from pipeline.flows.standings import standings
    from pipeline.wiring import repository

    try:
        span = duration(cooldown)
    except ValueError as error:
        raise UsageError(f"--cooldown: {error}") from error
    here = repository()
    here.config.pairs((), releases)
    with progress("outdated") as tell:
        now = datetime.now(tz=UTC)
        rows = standings(here.config, here.lock, releases, here.chart_source(), now, cooldown=span, progress=tell)
    verdicts = _judged(here, rows) if judge else {}
    _show(rows, here.config.groups, verdicts, output)
    if any(row.problem for row in rows):
        return FAILED
    return CHANGES if detailed_exitcode and any(row.is_outdated for row in rows) else OK


def _judged(here: "Repository", rows: "Sequence[Standing]") -> "Mapping[str, Sequence[JudgedVersion]]":
    from pipeline.cli.support.judging import judged

    return judged(here, rows)


def _show(
    rows: "Sequence[Standing]",
    groups: "Mapping[str, tuple[str, ...]]",
    verdicts: "Mapping[str, Sequence[JudgedVersion]]",
    output: str,
) -> None:
    import sys

    import orjson

    from pipeline.cli.support.log_lines import unheard, unheard_json
    from pipeline.cli.support.settings import settings
    from pipeline.core.json_text import escaped
    from pipeline.report import outdated_text
    from pipeline.report.look import Look

    if output == "json":
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        data = outdated_text.data(rows, groups, verdicts)
        click.echo(unheard_json(escaped(orjson.dumps(data, option=options).decode())), nl=False)
    else:
        look = Look(settings().colored(sys.stdout))
        click.echo(unheard(outdated_text.terminal(rows, groups, look)), nl=False, color=True)
        click.echo(unheard(outdated_text.verdicts(verdicts, look)), nl=False, color=True)
