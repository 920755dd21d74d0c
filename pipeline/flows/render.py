"""Renders releases into the rendered/ tree: orders from the configuration, texts from Helm, one file an object.

Nothing is written here: the outcome is Edits, which the disk carries out whole or not at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.core.capabilities import crd_versions, offered
from pipeline.core.config import Config, Environment
from pipeline.core.edits import Edits
from pipeline.core.errors import RenderError, WorldError
from pipeline.core.lock import Lock
from pipeline.core.manifests import parse
from pipeline.core.overlay import applied
from pipeline.core.render import Rendered, RenderOrder
from pipeline.core.resource import ManifestSet, Resource
from pipeline.core.scope import BUILT_IN, Scopes
from pipeline.core.secrets import holds_data
from pipeline.core.tree import FOLDER, INDEX, Inputs, digest, folder_of, from_bytes, written
from pipeline.core.world import Progress, no_progress
from pipeline.flows.render_jobs import Job, Pair, World, check_charts, job_of
from pipeline.flows.render_words import knowing, warning
from pipeline.flows.seal import sealing


@dataclass(frozen=True, slots=True)
class Outcome:
    """``edits`` bring the disk up to date; ``releases`` and ``objects`` count what was rendered."""

    edits: Edits
    releases: int
    objects: int
    warnings: tuple[str, ...] = ()


def render(
    config: Config, lock: Lock, pairs: Sequence[Pair], world: World, progress: Progress = no_progress
) -> Outcome:
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
    for job, (manifests, inputs) in zip(jobs, rendered, strict=True):
        objects += len(manifests.resources)
        folder = folder_of(job.environment.name, job.release.name)
        seal = [sealing(folder, inputs, world.files.read, world.sops)] if config.secrets == "sops" else []
        own = written(job.environment.name, job.release.name, inputs, _kept(manifests, config), *seal)
        files |= {f"{folder}/{path}": data for path, data in own.items()}
    removed = _orphans(config, jobs, files, world)
    return Outcome(Edits(files=files, removed=removed), len(jobs), objects, warnings)


def _rendered(
    jobs: Sequence[Job], config: Config, world: World, progress: Progress
) -> tuple[list[tuple[ManifestSet, Inputs]], tuple[str, ...]]:
    """Each job's objects. A chart that asks which APIs there are is rendered again once all CRDs are known."""
    apis = {job.environment.name: _apis(job.environment) for job in jobs}
    answers = _attempt(jobs, apis, world, progress)
    left_out = _left_out(jobs, config, world)
    found = _crd_apis(jobs, answers, left_out)
    asking = [
        n
        for n, job in enumerate(jobs)
        if found[job.environment.name] - apis[job.environment.name] and _asks(job, world)
    ]
    full = {name: apis[name] | found[name] for name in apis}
    again = _attempt([jobs[n] for n in asking], full, world, progress) if asking else []
    for number, answer in zip(asking, again, strict=True):
        answers[number] = answer
    scopes = {name: _scopes(name, jobs, answers, left_out) for name in apis}
    out = []
    for job, answer in zip(jobs, answers, strict=True):
        name = job.environment.name
        manifests = parse(answer.text, namespace=job.release.namespace, release=job.release.name, scopes=scopes[name])
        if job.overlay is not None:
            manifests = _overlaid(job, manifests, world)
        out.append((manifests, _inputs(job, answer, full[name])))
    said = [f"{job.title}: {line}" for job, answer in zip(jobs, answers, strict=True) for line in answer.warnings]
    if said:
        mask = knowing(jobs, world, (manifests for manifests, _ in out))
        said = [warning(mask, line) for line in said]
    return out, tuple(dict.fromkeys(said))


def _overlaid(job: Job, manifests: ManifestSet, world: World) -> ManifestSet:
    """Kustomize quotes what it stumbles over."""
    assert job.overlay is not None, "BUG: no overlay"
    try:
        return applied(job.overlay, manifests, job.release.namespace, world.kustomize())
    except WorldError as error:
        raise WorldError(knowing([job], world, [manifests]).text(error.message), hint=error.hint) from None


def _attempt(
    jobs: Sequence[Job], apis: Mapping[str, frozenset[str]], world: World, progress: Progress
) -> list[Rendered]:
    orders = [_order(job, apis[job.environment.name], world) for job in jobs]
    answers: list[Rendered] = []
    failures: list[RenderError] = []
    if jobs:
        progress(0, len(jobs), jobs[0].title)
    for number, answer in enumerate(world.engine.render_all(orders), 1):
        progress(number, len(jobs), jobs[min(number, len(jobs) - 1)].title)
        if isinstance(answer, RenderError):
            failures.append(answer)
        else:
            answers.append(answer)
    if failures:
        made = [parse(answer.text, namespace="") for answer in answers]
        said = knowing(jobs, world, made).text("\n".join(map(str, failures)))
        raise WorldError(said, hint="nothing was written")
    return answers


def _order(job: Job, apis: frozenset[str], world: World) -> RenderOrder:
    return RenderOrder(
        release=job.release.name,
        namespace=job.release.namespace,
        chart=f"{world.root}/{job.chart.folder}",
        chart_name=f"{job.chart.name} {job.chart.version}",
        chart_digest=job.chart.tree,
        values=job.layers,
        kube_version=job.environment.full_kube_version,
        api_versions=tuple(sorted(apis)),
    )


def _apis(environment: Environment) -> frozenset[str]:
    return offered(environment.full_kube_version) | frozenset(environment.api_versions)


def _asks(job: Job, world: World) -> bool:
    """Whether any template looks at the list of APIs; for the others it makes no difference."""
    tree = world.files.tree(job.chart.folder)
    return any(b"APIVersions" in data for data in tree.values()) or any(path.endswith(".tgz") for path in tree)


def _left_out(jobs: Sequence[Job], config: Config, world: World) -> dict[str, list[ManifestSet]]:
    """By environment: the CRDs of releases that are not rendered now, as they were rendered before."""
    found: dict[str, list[ManifestSet]] = {job.environment.name: [] for job in jobs}
    done = {(job.environment.name, job.release.name) for job in jobs}
    for environment, release in config.pairs(tuple(found)):
        if (environment.name, release.name) not in done:
            folder = f"{folder_of(environment.name, release.name)}/_crds"
            tree = world.files.tree(folder)
            found[environment.name] += [parse(data.decode(), namespace="") for data in tree.values()]
    return found


def _crd_apis(
    jobs: Sequence[Job], answers: Sequence[Rendered], left_out: Mapping[str, Sequence[ManifestSet]]
) -> dict[str, frozenset[str]]:
    """By environment: the APIs of all CRDs there."""
    found = {
        name: {version for crds in several for version in crd_versions(crds)} for name, several in left_out.items()
    }
    for job, answer in zip(jobs, answers, strict=True):
        found[job.environment.name] |= crd_versions(parse(answer.text, namespace=job.release.namespace))
    return {name: frozenset(versions) for name, versions in found.items()}


def _scopes(
    environment: str, jobs: Sequence[Job], answers: Sequence[Rendered], left_out: Mapping[str, Sequence[ManifestSet]]
) -> Scopes:
    known = BUILT_IN
    for crds in left_out[environment]:
        known = known.with_crds(crds.resources)
    for job, answer in zip(jobs, answers, strict=True):
        if job.environment.name == environment:
            known = known.with_crds(parse(answer.text, namespace="").resources)
    return known


def _inputs(job: Job, answer: Rendered, apis: frozenset[str]) -> Inputs:
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
        overlay={} if overlay is None else {name: digest(data) for name, data in sorted(overlay.files.items())},
    )


def _kept(manifests: ManifestSet, config: Config) -> Iterable[Resource]:
    """With ``secrets.rendered: omit``, Secrets that hold data are left to whoever creates them in the cluster."""
    return (r for r in manifests.resources if config.secrets != "omit" or not holds_data(r))


def _orphans(config: Config, jobs: Sequence[Job], files: Mapping[str, bytes], world: World) -> tuple[str, ...]:
    """What an index says is ours and no render makes any more. No other file is ever removed."""
    current = {(e.name, r.name) for e, r in config.pairs()}
    rendered = {(job.environment.name, job.release.name) for job in jobs}
    gone: set[str] = set()
    for path in world.files.paths(FOLDER):
        parts = path.split("/")
        if len(parts) != 4 or parts[3] != INDEX:  # noqa: PLR2004 - rendered/environment/release/index.json
            continue
        key = (parts[1], parts[2])
        if key in rendered or key not in current:
            data = world.files.read(path) or b""
            folder = path.removesuffix(f"/{INDEX}")
            gone |= {f"{folder}/{name}" for name in from_bytes(data, path).files}
            gone |= {path} if key not in current else set()
    return tuple(sorted(gone - files.keys()))
