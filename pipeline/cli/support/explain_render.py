"""Prints what ``render --explain`` and ``--as-command`` ask for."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.flows.render.jobs import EnvironmentRelease
    from pipeline.wiring import Repository


def explain_render(here: "Repository", pairs: "Sequence[EnvironmentRelease]", *, line_only: bool) -> None:
    """One release in one environment after the other."""
    from pipeline.flows.render.choose_form import with_form
    from pipeline.flows.render.explain import as_command, explained_context, not_in_command
    from pipeline.flows.render.jobs import job_of
    from pipeline.report.safe_text import safe

    world, lock = here.render_world(), here.lock
    for environment, release in pairs:
        job = with_form(job_of(environment, release, lock, world, sealed=True), world)
        if not line_only:
            click.echo(safe(f"{job.title}"))
            for what, why in explained_context(job, here.config, world):
                click.echo(safe(f"  {what:<14} {why}"))
        else:
            line = shlex.join(as_command(job, world))
            click.echo(safe(line))
            for what in not_in_command(job, line, world):
                click.echo(safe(f"# {job.title}: {what}"), err=True)
