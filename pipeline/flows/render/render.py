"""Renders releases into rendered/: orders from the configuration, texts from Helm, one file per object.

Nothing is written here: the outcome is Edits, which the disk carries out whole or not at all.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.core.charts.lock import ChartLock
from pipeline.core.config.model import Config
from pipeline.core.ports import Progress, no_progress
from pipeline.core.render.file_edits import Edits
from pipeline.flows.render.choose_form import with_form
from pipeline.flows.render.jobs import EnvironmentRelease, RenderPorts, check_charts, job_of
from pipeline.flows.render.render_result import RenderResult
from pipeline.flows.render.rounds import in_rounds
from pipeline.flows.render.unread_inputs import unread


def render(
    config: Config,
    lock: ChartLock,
    pairs: Sequence[EnvironmentRelease],
    world: RenderPorts,
    progress: Progress = no_progress,
) -> RenderResult:
    """Render ``pairs``, and remove what earlier renders left behind.

    Raises:
        WorldError: a chart does not render (all that do not are named), or an overlay does not build.
        StaleError: a release is not vendored, or its vendored chart was changed.
        UsageError: a values file is missing or no YAML.
    """
    jobs = [with_form(job_of(environment, release, lock, world), world) for environment, release in pairs]
    check_charts(jobs, world)
    rounds = in_rounds(jobs, config, world, progress)
    if rounds.nothing_to_do:
        found = [rounds.unchanged[n] for n in range(len(jobs))]
        said = [line for one in found for line in one.said]
        said += [f"{job.title}: {line}" for job, one in zip(jobs, found, strict=True) for line in one.noted]
        said += unread(config, jobs, world.files)
        return RenderResult(Edits(), len(jobs), sum(one.objects for one in found), tuple(dict.fromkeys(said)))
    from pipeline.flows.render.made_files import outcome  # noqa: PLC0415 - 0.1 s that an unchanged tree need not wait for

    made = outcome(jobs, rounds, config, world, progress)
    return replace(made, warnings=(*made.warnings, *unread(config, jobs, world.files)))
