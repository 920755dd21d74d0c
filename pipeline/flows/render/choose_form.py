"""Which form of a chart the tree holds: that of an install until it is committed, that of an upgrade afterwards.

What was rendered stays in its form as long as it is made of the same, so that ``--check`` answers the same after a
commit as before it. Only charts that ask for the form have one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.core.errors import RenderError
from pipeline.core.render.layout import index_of
from pipeline.core.render.manifests import parse
from pipeline.core.render.order import RenderedChart
from pipeline.core.render.release_forms import AS_INSTALL, INSTALL, UPGRADE, asks_form, differences, guarded_by_lookup
from pipeline.core.render.rendered_tree import Inputs, digest, readable
from pipeline.flows.render.jobs import Job, RenderPorts

_YES, _NO = b"1", b"0"


def with_form(job: Job, world: RenderPorts) -> Job:
    """The same job, with the form that the tree is to hold."""
    if not _asks(job, world):
        return job
    path = index_of(job.environment.name, job.release.name)
    raw = world.files.read(path)
    index = None if raw is None else readable(raw, path)
    if index is None:
        return replace(job, form=INSTALL)
    if _made_of_the_same(index.inputs, job):
        return replace(job, form=index.inputs.form or INSTALL)
    return replace(job, form=UPGRADE if world.committed(path) else index.inputs.form or INSTALL)


def said_of_forms(
    jobs: Mapping[int, Job],
    answers: Mapping[int, RenderedChart],
    apis: Mapping[str, frozenset[str]],
    world: RenderPorts,
) -> dict[int, list[str]]:
    """For each job: what the other form renders otherwise, and which templates ask the cluster."""
    from pipeline.flows.render.attempt import order_of  # noqa: PLC0415 - 50 ms where nothing is to be rendered

    said: dict[int, list[str]] = {n: [] for n in jobs}
    asking = [n for n, job in jobs.items() if job.form]
    orders = [order_of(jobs[n], apis[jobs[n].environment.name], world) for n in asking]
    others = world.engine.render_all([replace(order, is_upgrade=not order.is_upgrade) for order in orders])
    for n, other in zip(asking, others, strict=True):
        said[n] += _differences(jobs[n], answers[n], other)
    for n, job in jobs.items():
        manifests = parse(answers[n].text, namespace=job.release.namespace)
        said[n] += guarded_by_lookup(world.files.tree(job.chart.folder), manifests)
    return said


def _differences(job: Job, answer: RenderedChart, other: RenderedChart | RenderError) -> Sequence[str]:
    if any(line.startswith(AS_INSTALL) for line in answer.warnings):
        return ()
    if isinstance(other, RenderError):  # its words may quote values
        where = f" ({other.template}:{other.line})" if other.template else ""
        return (f"it does not render as an {UPGRADE if job.form == INSTALL else INSTALL}{where}",)
    manifests, theirs = (parse(rendered.text, namespace=job.release.namespace) for rendered in (answer, other))
    install, upgrade = (manifests, theirs) if job.form == INSTALL else (theirs, manifests)
    lines = tuple(differences(install, upgrade))
    return (*lines, f"the tree holds what an {job.form} renders") if lines else ()


def _asks(job: Job, world: RenderPorts) -> bool:
    key = f"asks for its form {job.chart.tree}"
    known = world.memory.get(key) if job.chart.tree else None
    if known not in (_YES, _NO):
        known = _YES if asks_form(world.files.tree(job.chart.folder)) else _NO
        world.memory.put(key, known)
    return known == _YES


def _made_of_the_same(inputs: Inputs, job: Job) -> bool:
    overlay = {} if job.overlay is None else {name: digest(data) for name, data in job.overlay.recorded.items()}
    values = {layer.file: digest(layer.written.encode()) for layer in job.layers}
    return (inputs.chart_digest, inputs.kube_version, inputs.namespace, dict(inputs.values), dict(inputs.overlay)) == (
        job.chart.tree,
        job.environment.full_kube_version,
        job.release.namespace,
        values,
        overlay,
    )
