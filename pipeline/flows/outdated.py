"""Releases whose values, overlay, chart or settings are newer than what is rendered: told by digests alone."""

from collections.abc import Iterator

from pipeline.core.charts.lock import ChartLock
from pipeline.core.config.model import Config
from pipeline.core.errors import PipelineError, StaleError
from pipeline.core.render.rendered_tree import Inputs, digest
from pipeline.core.words import listed
from pipeline.flows.committed import ReleaseSelection
from pipeline.flows.render.earlier import indexes_of
from pipeline.flows.render.jobs import Job, RenderPorts, job_of

_SHOWN = 3


def outdated(config: Config, lock: ChartLock, world: RenderPorts, wanted: ReleaseSelection) -> tuple[str, ...]:
    """One line a release: ``prod/web: values/web/common.yaml was changed``.

    A checkout without any vendored chart, such as one that only applies what was rendered, has nothing to compare with.
    """
    return tuple(_lines(config, lock, world, wanted)) if lock.releases else ()


def _lines(config: Config, lock: ChartLock, world: RenderPorts, wanted: ReleaseSelection) -> Iterator[str]:
    for environment, release in config.pairs():
        title = f"{environment.name}/{release.name}"
        if not wanted.takes(environment.name, release.name):
            continue
        known = indexes_of(environment.name, release.name, world.files)
        try:
            job = job_of(environment, release, lock, world, sealed=True)
        except StaleError as error:
            yield f"{title}: {error.message}"
        except PipelineError:
            yield f"{title}: its values or its overlay cannot be read"
        else:
            reasons = list(_reasons(known[0].inputs, job)) if known else ["it is not rendered"]
            if reasons:
                yield f"{title}: {listed(reasons, _SHOWN)}"


def _reasons(made: Inputs, job: Job) -> Iterator[str]:
    """What differs from what the render was made of."""
    chart = job.chart
    if (made.chart, made.version) != (chart.name, chart.version):
        yield f"its chart is now {chart.name} {chart.version}"
    elif made.chart_digest != chart.tree:
        yield f"its chart {chart.name} {chart.version} has another digest"
    for what, was, now in (
        ("Kubernetes version", made.kube_version, job.environment.full_kube_version),
        ("namespace", made.namespace, job.release.namespace),
        ("release name", made.release_name or job.release.name, job.release.helm_name),
    ):
        if was != now:
            yield f"its {what} is now {now}"
    values = {layer.file: digest(layer.written.encode()) for layer in job.layers}
    for file in sorted(values.keys() | made.values.keys()):
        if values.get(file) != made.values.get(file):
            yield f"{file} was {_what(file in made.values, file in values)}"
    if list(values) != list(made.values) and values == made.values:
        yield "its values files have another order"
    overlay = {} if job.overlay is None else {name: digest(data) for name, data in job.overlay.recorded.items()}
    for name in sorted(overlay.keys() | made.overlay.keys()):
        if overlay.get(name) != made.overlay.get(name):
            yield f"{name} of its overlay was {_what(name in made.overlay, name in overlay)}"


def _what(before: bool, after: bool) -> str:  # noqa: FBT001 - whether it was there
    return "changed" if before and after else "added" if after else "removed"
