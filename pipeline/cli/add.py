"""``pipeline add``: adds a release to pipeline.yaml."""

import click

from pipeline.core.errors import OK


@click.command(short_help="Add a release to pipeline.yaml.")
@click.argument("chart", metavar="CHART[@VERSION]")
@click.option("--name", help="The release's name.  [default: the chart's]")
@click.option("-n", "--namespace", help="Its namespace.  [default: its name]")
@click.option("--offline", is_flag=True, help="Do not look whether there is such a chart and version.")
def command(chart: str, *, name: str | None, namespace: str | None, offline: bool) -> int:
    """Add a release after the last one; nothing else in pipeline.yaml changes.

    CHART is repository/chart, ./path, https://…, oci://… or git+https://…, with a version or a range after an @. Its
    source is asked for it first; where it does not have it, nothing is added.

    \b
    pipeline add jetstack/cert-manager@^1.18 -n cert-manager
    """  # noqa: D301 - \b is for click
    from pipeline import rules
    from pipeline.cli.support.recovery_notice import say
    from pipeline.core.charts.reference import parse_reference
    from pipeline.core.config.model import FILE
    from pipeline.core.config.read import read
    from pipeline.core.config.release_edit import with_release
    from pipeline.core.render.file_edits import Edits
    from pipeline.wiring import repository

    here = repository()
    where, version = _split(chart)
    reference = parse_reference(where, here.config.repositories.values())
    own = name or reference.name or where.rstrip("/").rpartition("/")[2].partition("?")[0]
    entry = {"name": own, "chart": where, "version": version, "namespace": namespace or own}
    with here.disk.alone("add", say) as disk:
        text = (disk.read(FILE) or b"").decode("utf-8")
        new = with_release(text, {key: value for key, value in entry.items() if value})
        read(new, rule_ids=rules.names())
        if not offline:
            here.chart_source().fetch(reference, version)
        disk.carry_out(Edits(files={FILE: new.encode()}))
    click.echo(f"added {own} to {FILE}")
    click.echo(f"next: write values/{own}/common.yaml where it needs values, then pipeline vendor && pipeline render")
    return OK


def _split(chart: str) -> tuple[str, str]:
    """``repository/chart@1.2.3``; an ``@sha256:`` belongs to the address, and so does a user's name before a host."""
    head, at, tail = chart.rpartition("@")
    return (head, tail) if at and "/" not in tail and ":" not in tail else (chart, "")
