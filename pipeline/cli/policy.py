"""``pipeline policy``: by what each environment's findings are judged, and where that is written."""

import click

from pipeline.core.errors import OK, UsageError


@click.command(short_help="Show which policy is in force, and why.")
@click.argument("environments", nargs=-1, metavar="[ENVIRONMENT]...")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
def command(environments: tuple[str, ...], *, output: str) -> int:
    """Show the severity that fails, the other severities, and the waivers of each environment.

    Each line names the file and line that says so. Waivers say whether they hold, and until when.

    \b
    pipeline policy prod
    """  # noqa: D301 - \b is for click
    from datetime import date

    from pipeline.cli.support.kept_report import today
    from pipeline.core.charts.suggest import did_you_mean
    from pipeline.report.policy_text import policy_data, policy_text
    from pipeline.wiring import repository

    config = repository().config
    for name in environments:
        if name not in config.environments:
            raise UsageError(f"there is no environment {name!r}{did_you_mean(name, config.environments)}")
    chosen = {n: e.policy for n, e in config.environments.items() if not environments or n in environments}
    day = date.fromisoformat(today())
    if output == "json":
        from pipeline.cli.support.json_output import print_json

        print_json(policy_data(chosen, day))
    else:
        click.echo(policy_text(chosen, day), nl=False)
    return OK
