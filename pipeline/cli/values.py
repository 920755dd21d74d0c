"""``pipeline values``: which file, line and layer set each value of a release."""

from typing import TYPE_CHECKING, Any

import click

from pipeline.core.errors import FAILED, OK

if TYPE_CHECKING:
    from pipeline.core.redaction.mask import Mask
    from pipeline.flows.render.value_origins import ShownValue


@click.command(short_help="Show which file and line set each value of a release.")
@click.argument("release")
@click.argument("path", required=False, default="")
@click.option("-e", "--environment", default="", help="The environment (default: the release's first).")
@click.option("-o", "--output", type=click.Choice(["terminal", "json"]), default="terminal", help="Output format.")
def command(release: str, path: str, environment: str, output: str) -> int:
    """Show each value of RELEASE, at or below PATH (image.tag), with the file, line and layer that set it.

    Defaults of dependencies are shown too, below their names.

    Values that look secret are masked. Exit 1 where there is no value at PATH.
    """
    from pipeline.core.redaction.mask import Mask
    from pipeline.flows.render.jobs import job_of
    from pipeline.flows.render.value_origins import value_origins
    from pipeline.report.safe_text import safe
    from pipeline.wiring import repository

    here = repository()
    pairs = here.config.pairs((environment,) if environment else (), (release,))
    if not pairs:
        raise click.UsageError(f"release {release!r} is not in environment {environment!r}")
    world = here.render_world()
    job = job_of(*pairs[0], here.lock, world)
    mask, origins = Mask(), list(value_origins(job, world, path))
    for layer in job.layers:
        mask.values(layer.data)
        mask.hidden(layer.secrets)
    if output == "json":
        from pipeline.cli.support.json_output import print_json

        print_json([_row(origin_row, mask) for origin_row in origins])
        return OK if origins else FAILED
    for one in origins:
        shown = mask.text(one.shown)
        origin = one.origin
        click.echo(safe(f"{'.'.join(origin.path)} = {shown}  {origin.file}:{origin.line} ({origin.layer})"))
    if not origins:
        click.echo(f"no value is set at {path}" if path else "no values are set", err=True)
    return OK if origins else FAILED


def _row(shown_value: "ShownValue", mask: "Mask") -> dict[str, Any]:
    """``value`` is JSON as text, as the terminal shows it: masked or truncated it is no JSON any more."""
    origin = shown_value.origin
    place = {"file": origin.file, "line": origin.line, "layer": origin.layer}
    return {"path": list(origin.path), "value": mask.text(shown_value.shown)} | place
