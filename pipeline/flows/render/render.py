"""Renders releases into rendered/: orders from the configuration, texts from Helm, one file per object.

Nothing is written here: the outcome is Edits, which the disk carries out whole or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.charts.lock import ChartLock
from pipeline.core.config.model import Config, Environment
from pipeline.core.errors import StaleError
from pipeline.core.kube.capabilities import crd_versions, offered
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.kube.scope import BUILT_IN, Scopes
from pipeline.core.ports import Progress, no_progress
from pipeline.core.render.file_edits import Edits
from pipeline.core.render.hand_edits import HandEdit, added_files
from pipeline.core.render.manifests import parse
from pipeline.core.render.order import RenderedChart
from pipeline.core.render.rendered_tree import (
    FOLDER,
    INDEX,
    Index,
    Inputs,
    digest,
    folder_of,
    from_bytes,
    in_the_open,
    written,
)
from pipeline.flows.committed import parsed
from pipeline.flows.render.attempt import attempt
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
    files: dict[str, bytes] = {}
    objects = 0
    for job, (settled, inputs) in zip(jobs, rendered, strict=True):
        objects += len(settled.manifests.resources)
        environment, release = job.environment.name, job.release.name
        folder = folder_of(environment, release)
        seal = sealing(folder, inputs, world.files.read, world.sops) if config.secrets == "sops" else in_the_open
        notes = noted(settled.notes, settled.manifests, job.layers, config)
        own = written(environment, release, inputs, kept(settled.manifests, config), seal, noted=notes)
        files |= {f"{folder}/{path}": data for path, data in own.items()}
    before = _before(config, jobs, world)
    edits = Edits(files=files, removed=_orphans(config, before, files), known=before.known)
    added = _added(config, before, jobs, files)
    return RenderResult(edits, len(jobs), objects, (*before.warnings, *warnings), added)


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
    inputs = (_inputs(job, answer, full[job.environment.name]) for job, answer in zip(jobs, answers, strict=True))
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


def _inputs(job: Job, answer: RenderedChart, apis: frozenset[str]) -> Inputs:
    overlay = job.overlay
    return Inputs(
        chart=job.chart.name,
        version=job.chart.version,
        chart_digest=job.chart.tree,
        kube_version=job.environment.full_kube_version,
        api_versions_digest=digest("\n".join(sorted(apis)).encode()),
        helm_engine=answer.engine,
        helm_version=answer.helm_version,
        namespace=job.release.namespace,
        values={layer.file: digest(layer.text.encode()) for layer in job.layers},
        overlay={} if overlay is None else {name: digest(data) for name, data in overlay.recorded.items()},
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """What earlier renders left: the index of each release's folder, None where it cannot be read."""

    indexes: Mapping[str, Index | None]
    paths: Sequence[str]
    """Every file below rendered/."""
    known: Mapping[str, str]
    """The digests of what those renders wrote."""
    warnings: tuple[str, ...]


def _before(config: Config, jobs: Sequence[Job], world: RenderPorts) -> _Before:
    """Of the releases that are rendered now, and of those that no longer exist."""
    current = {folder_of(e.name, r.name) for e, r in config.pairs()}
    rendered = {folder_of(job.environment.name, job.release.name) for job in jobs}
    paths = world.files.paths(FOLDER)
    found: dict[str, Index | None] = {}
    known: dict[str, str] = {}
    said = []
    for path in paths:
        folder = path.removesuffix(f"/{INDEX}")
        if folder == path or path.count("/") != 3:  # noqa: PLR2004 - rendered/environment/release/index.json
            continue
        if folder not in rendered and folder in current:
            continue
        data = world.files.read(path) or b""
        try:
            index = found[folder] = from_bytes(data, path)
        except StaleError as error:
            found[folder] = None
            said.append(f"{error.message}; it is written again, and no file is removed for it")
            continue
        known[path] = digest(data)
        known |= {f"{folder}/{name}": entry.digest for name, entry in index.files.items()}
    return _Before(found, paths, known, tuple(said))


def _orphans(config: Config, before: _Before, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """What an index says is ours and no render makes any more. No other file is ever removed."""
    current = {folder_of(e.name, r.name) for e, r in config.pairs()}
    outdated: set[str] = set()
    for folder, index in before.indexes.items():
        if index is not None:
            outdated |= {f"{folder}/{name}" for name in index.files}
            outdated |= {f"{folder}/{INDEX}"} if folder not in current else set()
    return tuple(sorted(outdated - files.keys()))


def _added(config: Config, before: _Before, jobs: Sequence[Job], files: Mapping[str, bytes]) -> tuple[HandEdit, ...]:
    """Manifests that no render wrote: in the folders that are rendered now, and in those of no release."""
    left = {folder_of(e.name, r.name) for e, r in config.pairs()}
    left -= {folder_of(job.environment.name, job.release.name) for job in jobs}
    here = (path for path in before.paths if "/".join(path.split("/")[:3]) not in left)
    return tuple(added_files(here, before.known.keys() | files.keys()))
