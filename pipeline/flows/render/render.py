"""Renders releases into rendered/: orders from the configuration, texts from Helm, one file per object.

Nothing is written here: the outcome is Edits, which the disk carries out whole or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.charts.lock import ChartLock
from pipeline.core.config.model import Config, Environment
from pipeline.core.kube.capabilities import crd_versions, offered
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.kube.scope import BUILT_IN, Scopes
from pipeline.core.ports import Progress, no_progress
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.hand_edits import HandEdit
from pipeline.core.render.layout import folder_of
from pipeline.core.render.manifests import parse
from pipeline.core.render.order import RenderedChart
from pipeline.core.render.rendered_tree import Inputs, digest, in_the_open, written
from pipeline.flows.committed import parsed
from pipeline.flows.render.attempt import attempt
from pipeline.flows.render.earlier import Earlier, earlier
from pipeline.flows.render.jobs import Job, Pair, RenderPorts, check_charts, job_of
from pipeline.flows.render.left_out import kept, noted
from pipeline.flows.render.safe_messages import knowing, warning
from pipeline.flows.render.seal import sealing
from pipeline.flows.render.second_render import Made, Settled, settle


@dataclass(frozen=True, slots=True)
class RenderResult:
    """``edits`` bring the disk up to date; ``releases`` and ``objects`` count what was rendered."""

    edits: Edits
    releases: int
    objects: int
    warnings: tuple[str, ...] = ()
    added: tuple[HandEdit, ...] = ()
    """Manifests in the tree that no render wrote."""
    helms: tuple[str, ...] = ()
    """Where another Helm made what is there: which, and which one is here."""


def render(
    config: Config, lock: ChartLock, pairs: Sequence[Pair], world: RenderPorts, progress: Progress = no_progress
) -> RenderResult:
    """Render ``pairs``, and remove what earlier renders left behind.

    Raises:
        WorldError: a chart does not render (all that do not are named), or an overlay does not build.
        StaleError: a release is not vendored, or its vendored chart was changed.
        UsageError: a values file is missing or no YAML.
    """
    jobs = [job_of(environment, release, lock, world) for environment, release in pairs]
    check_charts(jobs, world)
    rendered, warnings = _rendered(jobs, config, world, progress)
    before = earlier(config, jobs, world.files)
    files: dict[str, bytes] = {}
    objects = 0
    for job, (settled, inputs) in zip(jobs, rendered, strict=True):
        objects += len(settled.manifests.resources)
        index = before.index(job)
        seal = sealing(index, inputs, world.files.read, world.sops) if config.secrets == "sops" else in_the_open
        notes = noted(settled.notes, settled.fresh, job.layers, config)
        resources = kept(settled.manifests, config)
        names = job.environment.name, job.release.name
        files |= written(*names, inputs, resources, seal, noted=notes, before=index)
    edits = Edits(files=files, removed=tuple(sorted(before.gone - files.keys())), known=before.known)
    helms = _other_helms(jobs, [inputs for _, inputs in rendered], before)
    added = before.added(config, jobs, files)
    return RenderResult(edits, len(jobs), objects, (*before.warnings, *warnings), added, helms)


def _other_helms(jobs: Sequence[Job], made: Sequence[Inputs], before: Earlier) -> tuple[str, ...]:
    """Which Helm made what is there, where that is not the Helm that is here."""
    indexes = ((before.index(job), inputs) for job, inputs in zip(jobs, made, strict=True))
    pairs = {(index.inputs.helm_version, inputs.helm_version) for index, inputs in indexes if index is not None}
    return tuple(f"Helm {old} made what is there, and this is Helm {new}" for old, new in sorted(pairs) if old != new)


def _rendered(
    jobs: Sequence[Job], config: Config, world: RenderPorts, progress: Progress
) -> tuple[list[tuple[Settled, Inputs]], tuple[str, ...]]:
    """Each job's objects. A chart that asks which APIs there are is rendered again once all CRDs are known."""
    apis = {job.environment.name: _apis(job.environment) for job in jobs}
    answers = attempt(jobs, apis, world, progress)
    left_out = _left_out(jobs, config, world)
    found = _crd_apis(jobs, answers, left_out)
    asking = [
        n
        for n, job in enumerate(jobs)
        if found[job.environment.name] - apis[job.environment.name] and _asks(job, world)
    ]
    full = {name: apis[name] | found[name] for name in apis}
    again = attempt([jobs[n] for n in asking], full, world, progress) if asking else []
    for number, answer in zip(asking, again, strict=True):
        answers[number] = answer
    scopes = {name: _scopes(name, jobs, answers, left_out) for name in apis}
    made = [
        Made(job, answer, _manifests(job, answer, scopes), scopes[job.environment.name])
        for job, answer in zip(jobs, answers, strict=True)
    ]
    settled = settle(made, full, config, world, progress)
    said = [f"{job.title}: {line}" for job, answer in zip(jobs, answers, strict=True) for line in answer.warnings]
    if said:
        mask = knowing(jobs, world, (one.manifests for one in settled))
        said = [warning(mask, line) for line in said]
    for job, one in zip(jobs, settled, strict=True):
        said += (f"{job.title}: {line}" for line in one.warnings)
    inputs = (
        _inputs(job, answer, _named(job, full[job.environment.name], world))
        for job, answer in zip(jobs, answers, strict=True)
    )
    return list(zip(settled, inputs, strict=True)), tuple(dict.fromkeys(said))


def _manifests(job: Job, answer: RenderedChart, scopes: Mapping[str, Scopes]) -> ManifestSet:
    known = scopes[job.environment.name]
    return parse(answer.text, namespace=job.release.namespace, release=job.release.name, scopes=known)


def _apis(environment: Environment) -> frozenset[str]:
    return offered(environment.full_kube_version) | frozenset(environment.api_versions)


def _asks(job: Job, world: RenderPorts) -> bool:
    """Whether any template looks at the list of APIs; for the others it makes no difference."""
    tree = world.files.tree(job.chart.folder)
    return any(b"APIVersions" in data for data in tree.values()) or any(path.endswith(".tgz") for path in tree)


def _left_out(jobs: Sequence[Job], config: Config, world: RenderPorts) -> dict[str, list[ManifestSet]]:
    """By environment: the CRDs of releases that are not rendered now, as they were rendered before."""
    found: dict[str, list[ManifestSet]] = {job.environment.name: [] for job in jobs}
    done = {(job.environment.name, job.release.name) for job in jobs}
    for environment, release in config.pairs(tuple(found)):
        if (environment.name, release.name) not in done:
            folder = f"{folder_of(environment.name, release.name)}/_crds"
            tree = world.files.tree(folder)
            found[environment.name] += [parsed(f"{folder}/{name}", data, "", "") for name, data in tree.items()]
    return found


def _crd_apis(
    jobs: Sequence[Job], answers: Sequence[RenderedChart], left_out: Mapping[str, Sequence[ManifestSet]]
) -> dict[str, frozenset[str]]:
    """By environment: the APIs of all CRDs there."""
    found = {
        name: {version for crds in several for version in crd_versions(crds)} for name, several in left_out.items()
    }
    for job, answer in zip(jobs, answers, strict=True):
        found[job.environment.name] |= crd_versions(parse(answer.text, namespace=job.release.namespace))
    return {name: frozenset(versions) for name, versions in found.items()}


def _scopes(
    environment: str,
    jobs: Sequence[Job],
    answers: Sequence[RenderedChart],
    left_out: Mapping[str, Sequence[ManifestSet]],
) -> Scopes:
    known = BUILT_IN
    for crds in left_out[environment]:
        known = known.with_crds(crds.resources)
    for job, answer in zip(jobs, answers, strict=True):
        if job.environment.name == environment:
            known = known.with_crds(parse(answer.text, namespace="").resources)
    return known


def _named(job: Job, apis: frozenset[str], world: RenderPorts) -> tuple[str, ...]:
    """The APIs of custom kinds that the chart's templates name: on those its render may depend."""
    custom = sorted(apis - offered(job.environment.full_kube_version))
    if not custom or not _asks(job, world):
        return ()
    texts = [data.decode(errors="replace") for data in world.files.tree(job.chart.folder).values()]
    return tuple(api for api in custom if any(api in text for text in texts))


def _inputs(job: Job, answer: RenderedChart, apis: tuple[str, ...]) -> Inputs:
    overlay = job.overlay
    return Inputs(
        chart=job.chart.name,
        version=job.chart.version,
        chart_digest=job.chart.tree,
        kube_version=job.environment.full_kube_version,
        helm_version=answer.helm_version,
        namespace=job.release.namespace,
        apis=apis,
        values={layer.file: digest(layer.text.encode()) for layer in job.layers},
        overlay={} if overlay is None else {name: digest(data) for name, data in overlay.recorded.items()},
    )
