"""``pipeline drift``: shows where a cluster differs from what was applied, and who changed it. Read-only."""

import click

from pipeline.core.errors import CHANGES, OK


@click.command(short_help="Show where a cluster differs from what was applied.")
@click.option("-e", "--environment", help="The environment.  [default: the only one with a cluster]")
@click.argument("named", nargs=-1, metavar="[RELEASE]...")
@click.option("-l", "--release", "releases", multiple=True, help="Only this release (repeatable).")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
def command(*, named: tuple[str, ...], environment: str | None, releases: tuple[str, ...], output: str) -> int:
    """Compare live objects with what was applied: fields changed by others, objects that were deleted or replaced.

    Exit 2 if anything differs. `pipeline plan` shows what restoring it would do.
    """
    import sys

    import orjson

    from pipeline.cli.support.cluster_environment import applied_question, only_environment, place
    from pipeline.cli.support.log_lines import unheard, unheard_json
    from pipeline.cli.support.progress import progress
    from pipeline.cli.support.settings import settings
    from pipeline.core.json_text import escaped
    from pipeline.flows.cluster.drifting import drift
    from pipeline.flows.cluster.stored_inventory import read_inventory
    from pipeline.report import drift_text
    from pipeline.report.look import Look
    from pipeline.wiring import repository

    here = repository()
    at = place(here, only_environment(here, environment))
    releases = (*releases, *named)
    here.config.pairs((at.environment.name,), releases)
    client = at.client()
    inventory = read_inventory(client, at.environment.name, at.policy.namespace)
    with progress("drift") as tell:
        differences = drift(client, applied_question(at, inventory, releases), inventory, tell)
    if output == "json":
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        shown = escaped(orjson.dumps(drift_text.data(differences, at.environment.name), option=options).decode())
        click.echo(unheard_json(shown), nl=False)
    else:
        look = Look(settings().colored(sys.stdout))
        click.echo(unheard(drift_text.terminal(differences, at.environment.name, look)), nl=False, color=True)
    return CHANGES if differences else OK
