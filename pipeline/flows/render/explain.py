"""Says what a release is rendered with, and why; and the ``helm template`` line that gives the same documents."""

import shlex
from collections.abc import Iterator, Sequence

from pipeline.core.charts.stored_names import original
from pipeline.core.config.model import Config
from pipeline.core.render.helm_apis import HELM_API_VERSIONS
from pipeline.core.render.layout import index_of
from pipeline.core.render.overlay import CHART, NAMES
from pipeline.core.render.overlay import FOLDER as OVERLAYS
from pipeline.core.render.release_forms import UPGRADE
from pipeline.core.render.rendered_tree import readable
from pipeline.core.words import command, counted, listed
from pipeline.flows.render.encrypted_values import is_sealed
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.rounds import own_apis


def explained_context(job: Job, config: Config, world: RenderPorts) -> Iterator[tuple[str, str]]:
    """Pairs of what and why, in the order of their use."""
    environment, release, chart = job.environment, job.release, job.chart
    yield "chart", f"{chart.name} {chart.version} in {chart.folder}, as pipeline.lock has it ({chart.tree})"
    yield "release name", release.helm_name
    yield "namespace", f"{release.namespace}, of the release in pipeline.yaml"
    said = f"environments.{environment.name}.kubeVersion" if environment.kube_version else "the default, none is stated"
    yield "Kubernetes", f"{environment.full_kube_version} ({said})"
    custom = _custom_apis(job, world)
    yield "APIs", f"{counted(len(own_apis(environment)), 'API')} that this version serves and pipeline.yaml adds"
    yield "custom APIs", f"{', '.join(custom) or 'none'} (CRDs of this environment that the templates name)"
    for number, layer in enumerate(job.layers, 1):
        yield f"values {number}", f"{layer.file} (a later file wins)"
    if not job.layers:
        yield "values", f"none: {' or '.join(release.value_files(environment.name))} would be read"
    yield "overlay", job.overlay.folder if job.overlay else "none"
    yield "form", f"{job.form} (its templates ask)" if job.form else "its templates do not ask whether it is an upgrade"
    yield "Helm", f"{world.engine.version}, engine {world.engine.name} (helm.engine: {config.helm_engine})"
    yield "what varies", f"render.volatile: {config.volatile}"
    yield "Secrets", f"secrets.rendered: {config.secrets_of(release)}"


def as_command(job: Job, world: RenderPorts) -> Sequence[str]:
    """The arguments of a helm that is run in the repository's folder."""
    apis = sorted({*HELM_API_VERSIONS, *own_apis(job.environment), *_custom_apis(job, world)})
    line = ["helm", "template", "--include-crds", "--namespace", job.release.namespace]
    line += ["--kube-version", job.environment.full_kube_version, "--api-versions", ",".join(apis)]
    line += ["--is-upgrade"] if job.form == UPGRADE else []
    for layer in job.layers:
        line += ["--values", layer.file]
    return (*line, "--", job.release.helm_name, job.chart.folder)


def _custom_apis(job: Job, world: RenderPorts) -> tuple[str, ...]:
    """Those that the last render was told of: what other releases bring is known once they are rendered."""
    path = index_of(job.environment.name, job.release.name)
    raw = world.files.read(path)
    index = None if raw is None else readable(raw, path)
    return () if index is None else index.inputs.apis


def not_in_command(job: Job, line: str, world: RenderPorts) -> Iterator[str]:
    """What that ``line`` does otherwise than a render, and how to do it by hand."""
    for layer in job.layers:
        if is_sealed(layer.data):
            plain = command("sops", "--decrypt", layer.file)
            yield f"{layer.file} is encrypted: give the line what this prints: {plain}"
    if job.overlay is not None:
        texts = {path: data.decode(errors="replace") for path, data in job.overlay.by_path.items()}
        takers = [path for path, text in texts.items() if path.rpartition("/")[2] in NAMES and CHART in text]
        takers = [f"{OVERLAYS}/{path.rpartition('/')[0]}" for path in takers] or [job.overlay.folder]
        folder = job.overlay.folder if job.overlay.folder in takers else takers[0]
        steps = (f"{line} > {shlex.quote(f'{folder}/{CHART}')}", command("kubectl", "kustomize", job.overlay.folder))
        yield f"its overlay is not in that line; with it: {' && '.join(steps)}"
    names = [original(path) for path in world.files.tree(job.chart.folder) if original(path) != path]
    if names:
        yield f"the chart in {job.chart.folder} stores {listed(names)} with %2E for the dot: .Files does not find them"
