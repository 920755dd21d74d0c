"""``pipeline vendor``: unpacks the charts of pipeline.yaml into vendor_charts/, and locks them by digest."""

from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.support.vendor_checks import prune, verify
from pipeline.core.errors import OK

if TYPE_CHECKING:
    from pipeline.flows.vendor import Vendored

_SHOWN = 5


class _FetchOr(click.Group):
    """The verb itself fetches; one of its commands does something else."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        if args and args[0] in self.commands:
            return super().make_context(info_name, args, parent, **extra)
        return fetch.make_context(info_name, args, parent, **extra)


@click.group(cls=_FetchOr, short_help="Fetch the charts that pipeline.yaml names, and lock them.")
def command() -> None:
    """Fetch, verify or prune vendored charts."""


command.add_command(verify)
command.add_command(prune)


@click.command(
    epilog="""\b
Commands:
  pipeline vendor verify  Name every vendored file that is not as it was fetched.
  pipeline vendor prune   Remove vendored chart versions that nothing needs."""
)
@click.argument("releases", nargs=-1, metavar="[RELEASE]...")
@click.option(
    "--locked", is_flag=True, help="Fetch nothing; exit 4 if pipeline.yaml, pipeline.lock and vendored charts disagree."
)
@click.option("--update", is_flag=True, help="Resolve version ranges again.")
def fetch(releases: tuple[str, ...], *, locked: bool, update: bool) -> int:
    """Fetch charts into vendor_charts/<chart>/<version>/ and write pipeline.lock.

    Charts that already match the lock are not fetched again. Either everything is written or nothing.
    """
    from pipeline.wiring import repository

    here = repository()
    here.config.pairs((), releases)
    if locked:
        from pipeline.flows.check_locked import check_locked

        lock = here.lock
        check_locked(here.config, lock, here.disk)
        click.echo(f"vendored charts match pipeline.lock: {len(lock.charts)}")
        return OK
    from pipeline.cli.support.hand_edit_notices import kept_aside
    from pipeline.cli.support.progress import progress
    from pipeline.cli.support.recovery_notice import say
    from pipeline.flows.vendor import vendor

    with here.disk.alone("vendor", say) as alone, alone.as_one() as disk:
        lock, note = here.mended_lock()
        with progress("vendor") as tell:
            work = here.fetching(disk, tell)
            done = vendor(here.config, lock, releases, disk, here.chart_source(), update=update, work=work)
        with kept_aside(here, disk.turn) as aside:
            changed = disk.carry_out(done.edits, aside)
    if note:
        click.echo(note, err=True)
    for change in done.changes:
        click.echo(str(change))
    _say_names(done, changed)
    if not changed:
        click.echo("nothing to vendor: every chart matches pipeline.lock")
    elif not done.changes:
        click.echo(f"vendored: {', '.join(path for path in changed if path in done.edits.trees) or 'pipeline.lock'}")
    return OK


def _say_names(done: "Vendored", changed: tuple[str, ...]) -> None:
    """Which files are stored under other names, and which are not stored."""
    stored: dict[tuple[str, ...], list[str]] = {}
    for name, files in done.renamed.items():
        if files and done.lock.releases[name].folder in changed:
            stored.setdefault(files, []).append(name)
    for files, names in stored.items():
        whose = _some(tuple(names))
        click.echo(f"{whose}: stored with %2E in place of the dot, so that no tool obeys them: {_some(files)}")
    for name, files in done.left_out.items():
        if files:
            click.echo(f"note: {name}: left out, as Git ignores it: {_some(files)}", err=True)


def _some(names: tuple[str, ...]) -> str:
    from pipeline.core.words import listed

    return listed(names, _SHOWN)
