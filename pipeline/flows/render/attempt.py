"""Renders several jobs with Helm: for each what Helm printed, or one clear error."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.core.charts.values_lines import where
from pipeline.core.charts.values_schema import named_by_helm, refused
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.ports import Progress
from pipeline.core.render.helm_errors import not_readable
from pipeline.core.render.manifests import ManifestError, parse
from pipeline.core.render.order import RenderedChart, RenderOrder
from pipeline.core.render.release_forms import AS_INSTALL, UPGRADE
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.safe_messages import failing


def attempt(
    jobs: Sequence[Job], apis: Mapping[str, frozenset[str]], world: RenderPorts, progress: Progress
) -> list[RenderedChart | WorldError]:
    """For each job what Helm printed, or why it printed nothing, in words that hold no secret value."""
    orders = [order_of(job, apis[job.environment.name], world) for job in jobs]
    answers: list[RenderedChart | RenderError] = []
    if jobs:
        progress(0, len(jobs), jobs[0].title)
    for number, answer in enumerate(world.engine.render_all(orders), 1):
        progress(number, len(jobs), jobs[min(number, len(jobs) - 1)].title)
        order = orders[number - 1]
        answers.append(_read(_or_install(answer, order, world), order))
    if not any(isinstance(answer, RenderError) for answer in answers):
        return list(answers)
    made = [parse(answer.text, namespace="") for answer in answers if isinstance(answer, RenderedChart)]
    safe = failing(jobs, world, made, by_templates=True)
    return [
        WorldError(safe(f"{answer.message}{_ours(answer, job)}"), hint=safe(answer.hint))
        if isinstance(answer, RenderError)
        else answer
        for answer, job in zip(answers, jobs, strict=True)
    ]


def _or_install(
    answer: RenderedChart | RenderError, order: RenderOrder, world: RenderPorts
) -> RenderedChart | RenderError:
    """Some charts refuse to be upgraded without a cluster, where they would find their own passwords."""
    if not isinstance(answer, RenderError) or not order.is_upgrade:
        return answer
    again = next(iter(world.engine.render_all([replace(order, is_upgrade=False)])))
    if isinstance(again, RenderError):
        return answer
    where = f" ({answer.template}:{answer.line})" if answer.template else ""
    return replace(again, warnings=(f"{AS_INSTALL}{where}", *again.warnings))


def _read(answer: RenderedChart | RenderError, order: RenderOrder) -> RenderedChart | RenderError:
    """Parsed for the first time while Helm works on the others: what ``parse`` remembers is not parsed again."""
    if isinstance(answer, RenderError):
        return answer
    try:
        parse(answer.text, namespace=order.namespace)
    except ManifestError as error:
        return not_readable(order, error)
    return answer


def _ours(error: RenderError, job: Job) -> str:
    """Where in our values stands what a schema refuses: one line each; empty where it is another error."""
    if not refused(error.detail):
        return ""
    violations = named_by_helm(error.detail, lambda name: () if name == job.chart.name else (name,))
    places = ((violation, where(job.layers, violation.path)) for violation in violations)
    return "".join(
        f"\n  {place}: {'.'.join(violation.path)}: {violation.words}" for violation, place in places if place
    )


def order_of(job: Job, apis: frozenset[str], world: RenderPorts) -> RenderOrder:
    return RenderOrder(
        release=job.release.helm_name,
        namespace=job.release.namespace,
        chart=f"{world.root}/{job.chart.folder}",
        chart_name=f"{job.chart.name} {job.chart.version}",
        chart_digest=job.chart.tree,
        values=job.layers,
        kube_version=job.environment.full_kube_version,
        api_versions=tuple(sorted(apis)),
        is_upgrade=job.form == UPGRADE,
    )
