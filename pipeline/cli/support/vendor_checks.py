"""``pipeline vendor verify`` and ``pipeline vendor prune``: what lies in vendor_charts/, and whether it should."""

import click

from pipeline.core.errors import OK, STALE


@click.command("verify", short_help="Name every vendored file that is not as it was fetched.")
@click.option("--offline", is_flag=True, help="Fetch nothing: compare with the last commit only.")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
def verify(*, offline: bool, output: str) -> int:
    """Compare vendor_charts/ with pipeline.lock, file by file; exit 4 if they differ.

    Names files that were edited, added or are missing, and charts that no release has. The edited lines of a text are
    shown against the chart as its source has it, or else as the last commit has it. Changes nothing.
    """
    from pipeline.cli.support.progress import progress
    from pipeline.core.charts.lock import ATTRIBUTES_FILE, FOLDER
    from pipeline.flows.verify_vendored import VendoredFolder
    from pipeline.flows.verify_vendored import verify as compare
    from pipeline.report.safe_text import safe
    from pipeline.wiring import repository

    here = repository()
    disk = here.disk
    below = VendoredFolder(tuple(disk.paths(FOLDER)), disk.read(ATTRIBUTES_FILE))
    with progress("verify") as tell:
        source = None if offline else here.chart_source()
        committed = here.committed()
        check = compare(here.config, here.lock, disk, below, committed=committed, source=source, progress=tell)
    if output == "json":
        from pipeline.cli.support.json_output import print_json

        rows = [
            {"path": difference.path, "what": difference.what, "lines": list(difference.lines)}
            for difference in check.differences
        ]
        print_json({"charts": check.charts, "differences": rows, "notes": list(check.notes)})
        return STALE if rows else OK
    for one in check.differences:
        click.echo(safe(f"{one.path} {one.what}\n"), nl=False)
        for line in one.lines:
            click.echo(safe(f"    {line}\n"), nl=False)
    for note in check.notes:
        click.echo(safe(f"note: {note}\n"), nl=False, err=True)
    if not check.differences:
        click.echo(f"vendored charts are as they were fetched: {check.charts}")
        return OK
    click.echo("pipeline vendor restores what was fetched; pipeline vendor prune removes what is undeclared", err=True)
    return STALE


@click.command("prune", short_help="Remove vendored chart versions that nothing needs.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed, and what keeps the rest.")
def prune(*, dry_run: bool) -> int:
    """Remove chart versions from vendor_charts/ that no release, lock or committed ref needs.

    A version is kept if a release or pipeline.lock has it, if rendered/ was made of it, or if pipeline.lock of a branch
    or tag has it. Files that are not committed are kept in .git/pipeline/kept/.
    """
    from pipeline.cli.support.hand_edit_notices import kept_aside
    from pipeline.cli.support.recovery_notice import say
    from pipeline.core.charts.lock import FOLDER
    from pipeline.flows.prune_vendored import made_of
    from pipeline.flows.prune_vendored import prune as choose
    from pipeline.report.safe_text import safe
    from pipeline.wiring import repository

    here = repository()
    with here.disk.alone("vendor prune", say) as disk:
        done = choose(here.config, here.lock, disk.paths(FOLDER), here.committed_locks(), made_of(here.worktree))
        for place, why in done.kept.items():
            click.echo(safe(f"kept {place}: {why}\n"), nl=False)
        if done.removed and not dry_run:
            with kept_aside(here, disk.turn) as aside:
                disk.carry_out(done.edits, aside)
    for place in done.removed:
        click.echo(safe(f"{'would remove' if dry_run else 'removed'} {place}: nothing needs it\n"), nl=False)
    if not done.removed:
        click.echo("nothing to prune")
    return OK
