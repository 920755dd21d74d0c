"""``pipeline render``: renders every release into rendered/; with --check, says whether that tree is up to date."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pipeline.core.errors import OK, STALE

if TYPE_CHECKING:
    from pipeline.adapters.disk import Disk
    from pipeline.flows.render.jobs import EnvironmentRelease
    from pipeline.flows.render.render_result import RenderResult
    from pipeline.wiring import Repository

_SHOWN = 20


@click.command(short_help="Render every release into the rendered/ tree.")
@click.argument("releases", nargs=-1, metavar="[RELEASE]...")
@click.option("-e", "--environment", "environments", multiple=True, help="Only this environment (repeatable).")
@click.option("-l", "--release", "more", multiple=True, metavar="RELEASE", help="Only this release (repeatable).")
@click.option("--shard", metavar="NUMBER/COUNT", help="Only this part of the releases; see pipeline ci shards.")
@click.option("--check", is_flag=True, help="Write nothing; exit 4 if a rendered file is out of date.")
@click.option("--explain", is_flag=True, help="Render nothing; print what is rendered with, and why.")
@click.option("--as-command", is_flag=True, help="Render nothing; print the helm template line that does the same.")
def command(
    releases: tuple[str, ...],
    environments: tuple[str, ...],
    more: tuple[str, ...],
    shard: str | None,
    *,
    check: bool,
    explain: bool,
    as_command: bool,
) -> int:
    """Render the vendored charts with their values and overlays into rendered/, one file per object.

    Files that an earlier render wrote and this one does not are removed; other files are never touched. A release that
    does not render is left as it was: the others are written, and all failures are listed at the end.
    """
    from contextlib import nullcontext

    from pipeline.cli.support.recovery_notice import say
    from pipeline.cli.support.timings import timings
    from pipeline.core.config.shards import parse_shard
    from pipeline.flows.render.jobs import share
    from pipeline.wiring import repository

    with timings().step("read what the repository declares"):
        here = repository()
        here.check_whole()
    pairs = here.config.pairs(environments, (*releases, *more))
    if explain or as_command:
        from pipeline.cli.support.explain_render import explain_render

        explain_render(here, pairs, line_only=as_command)
        return OK
    with nullcontext(here.disk) if check else here.disk.alone("render", say) as disk:
        if shard:
            pairs = share(pairs, parse_shard(shard), disk)
        return _render(here, pairs, disk, check=check)


def _render(here: "Repository", pairs: "Sequence[EnvironmentRelease]", disk: "Disk", *, check: bool) -> int:
    from pipeline.cli.support.hand_edit_notices import kept_aside, say_edits
    from pipeline.cli.support.log_lines import unheard_where_needed
    from pipeline.cli.support.progress import progress
    from pipeline.cli.support.settings import settings
    from pipeline.cli.support.timings import timings
    from pipeline.core.words import counted
    from pipeline.flows.render.render import render
    from pipeline.report.safe_text import safe

    told = timings().rendered if settings().timings else None
    with progress("render") as tell, timings().step("render"):
        outcome = render(here.config, here.lock, pairs, here.render_world(told), tell)
    for line in outcome.warnings:
        click.echo(unheard_where_needed(safe(f"warning: {line}\n")), err=True, nl=False)
    counts = f"{counted(outcome.releases, 'release')}, {counted(outcome.objects, 'object')}"
    if check:
        code = _report_stale((*disk.differing(outcome.edits), *map(str, outcome.added)), counts, outcome.helms)
        return _done(outcome, code)
    with kept_aside(here, disk.turn) as aside, timings().step("write the files"):
        changed = disk.carry_out(outcome.edits, aside)
    say_edits(outcome.added)
    removed = sum(1 for path in changed if path in outcome.edits.removed)
    written = len(changed) - removed
    what = f"{counted(written, 'file')} written, {removed} removed" if changed else "nothing changed"
    if outcome.releases or not outcome.failed:
        click.echo(f"rendered {counts}: {what}")
    return _done(outcome, OK)


def _done(outcome: "RenderResult", code: int) -> int:
    """``code``, where every release was rendered.

    Raises:
        PipelineError: one failed.
    """
    outcome.whole()
    return code


def _report_stale(stale: tuple[str, ...], counts: str, helms: tuple[str, ...]) -> int:
    from pipeline.core.words import counted, one_per_line

    if not stale:
        click.echo(f"up to date: {counts}")
        return OK
    for line in one_per_line(stale, _SHOWN, noun="file"):
        click.echo(line)
    for line in helms:
        click.echo(f"{line}: helm.version in pipeline.yaml pins it", err=True)
    click.echo(f"pipeline: {counted(len(stale), 'file')} not up to date\n  try: pipeline render", err=True)
    return STALE
