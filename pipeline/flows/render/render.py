"""Renders releases into rendered/: orders from the configuration, texts from Helm, one file per object.

Nothing is written here: the outcome is Edits, which the disk carries out whole or not at all. A release that fails is
left as it was and does not stop the others.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.core.charts.lock import ChartLock
from pipeline.core.config.model import Config
from pipeline.core.errors import PipelineError
from pipeline.core.ports import Progress, no_progress
from pipeline.core.render.file_edits import Edits
from pipeline.flows.render.choose_form import with_form
from pipeline.flows.render.jobs import EnvironmentRelease, Job, RenderPorts, changed_charts, job_of
from pipeline.flows.render.render_result import FailedRelease, RenderResult
from pipeline.flows.render.rounds import in_rounds
from pipeline.flows.render.unread_inputs import unread


def render(
    config: Config,
    lock: ChartLock,
    pairs: Sequence[EnvironmentRelease],
    world: RenderPorts,
    progress: Progress = no_progress,
) -> RenderResult:
    """Render ``pairs``, and remove what earlier renders left behind. What fails is in the result, beside the others.

    A release fails where its chart does not render or was changed by hand, its values are missing or no YAML, its
    overlay does not build, or it is not vendored.

    Raises:
        WorldError: there is no Helm, or none of the version that is asked for.
    """
    jobs, broken = _gathered(lock, pairs, world)
    rounds = in_rounds(jobs, config, world, progress)
    if rounds.nothing_to_do:
        outcomes = [rounds.unchanged[n] for n in range(len(jobs))]
        said = [line for one in outcomes for line in one.said]
        said += [f"{job.title}: {line}" for job, one in zip(jobs, outcomes, strict=True) for line in one.noted]
        said += unread(config, jobs, rounds.bases, world)
        objects = sum(one.objects for one in outcomes)
        return RenderResult(Edits(), len(jobs), objects, tuple(dict.fromkeys(said)), failed=tuple(broken))
    from pipeline.flows.render.made_files import outcome  # noqa: PLC0415 - 0.1 s that an unchanged tree need not wait for

    made = outcome(jobs, rounds, config, world, progress)
    warnings = (*made.warnings, *unread(config, jobs, rounds.bases, world))
    return replace(made, warnings=warnings, failed=(*broken, *made.failed))


def _gathered(
    lock: ChartLock, pairs: Sequence[EnvironmentRelease], world: RenderPorts
) -> tuple[list[Job], list[FailedRelease]]:
    jobs: list[Job] = []
    failed: list[FailedRelease] = []
    for environment, release in pairs:
        try:
            jobs.append(with_form(job_of(environment, release, lock, world), world))
        except PipelineError as error:
            failed.append(FailedRelease(f"{environment.name}/{release.name}", error))
    changed = changed_charts(jobs, world)
    failed += [FailedRelease(job.title, changed[job.chart.folder]) for job in jobs if job.chart.folder in changed]
    return [job for job in jobs if job.chart.folder not in changed], failed
