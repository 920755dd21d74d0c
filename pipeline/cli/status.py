"""``pipeline status``: what is applied, by which run and approval, who holds the lock, and whether all is healthy."""

import click

from pipeline.core.errors import OK

FORMATS = ("terminal", "json", "inventory")


@click.command(short_help="Show what is applied, by whom, and whether it is healthy.")
@click.option("-e", "--environment", help="The environment.  [default: the only one with a cluster]")
@click.option("-o", "--output", type=click.Choice(FORMATS), default="terminal", help="Output format.")
def command(*, environment: str | None, output: str) -> int:
    """Show the environment's last run and lock, the commit of each release, and every object that is not healthy.

    The format `inventory` is what is recorded of the environment, for `pipeline plan --offline`.
    """
    import sys

    import orjson

    from pipeline.cli.support.cluster_environment import only_environment, place
    from pipeline.cli.support.offline_plan import recorded
    from pipeline.cli.support.settings import settings
    from pipeline.core.json_text import escaped
    from pipeline.flows.cluster.status import status
    from pipeline.report import status_text
    from pipeline.report.look import Look
    from pipeline.wiring import repository

    at = place(here := repository(), only_environment(here, environment))
    if output == "inventory":
        click.echo(recorded(at), nl=False)
        return OK
    state = status(at.client(), at.environment.name, at.policy.namespace)
    if output == "json":
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        click.echo(escaped(orjson.dumps(status_text.data(state), option=options).decode()), nl=False)
    else:
        click.echo(status_text.terminal(state, Look(settings().colored(sys.stdout))), nl=False, color=True)
    return OK
