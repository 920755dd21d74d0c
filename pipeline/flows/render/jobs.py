"""The input of a release's render: the vendored chart, the values layers, the overlay."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from pipeline.core.charts.chart import Chart, ValuesLayer, VendoredTree
from pipeline.core.charts.lock import ChartLock, LockedChart
from pipeline.core.charts.values import values_of
from pipeline.core.config.model import Environment, Release
from pipeline.core.config.shards import shared_out
from pipeline.core.errors import ConfigError, Problem, StaleError, UsageError
from pipeline.core.ports import NOTHING_KEPT, Memory, no_pause
from pipeline.core.render.layout import folder_of
from pipeline.core.render.order import Engine
from pipeline.core.render.overlay import FOLDER as OVERLAYS
from pipeline.core.render.overlay import Kustomize, Overlay, overlay_of
from pipeline.core.render.overlay_references import shared_references
from pipeline.core.yaml.reader import YamlError
from pipeline.flows.render.encrypted_values import is_sealed, opened

if TYPE_CHECKING:
    from pipeline.flows.render.seal import Sops

EnvironmentRelease = tuple[Environment, Release]


class Files(Protocol):
    """The repository's files, as far as a render needs them. Paths from the repository's root."""

    def __hash__(self) -> int: ...
    def read(self, path: str) -> bytes | None: ...
    def read_text(self, path: str) -> str | None: ...
    def tree(self, folder: str) -> Mapping[str, bytes]: ...
    def inputs(self, folder: str) -> Mapping[str, bytes]: ...
    def paths(self, folder: str) -> Sequence[str]: ...
    def vendored(self, folder: str) -> VendoredTree: ...
    def vendored_digest(self, folder: str) -> str: ...
    def digests(self, folder: str) -> Mapping[str, str]: ...


class FindKustomize(Protocol):
    def __call__(self) -> Kustomize: ...


class ReadChart(Protocol):
    def __hash__(self) -> int: ...
    def __call__(self, files: Mapping[str, bytes], digest: str, title: str, /) -> Chart: ...


class FindSops(Protocol):
    def __call__(self) -> "Sops": ...


@dataclass(frozen=True, slots=True)
class RenderPorts:
    """``root`` is the repository's folder, as Helm gets it; ``kustomize`` and ``sops`` find them, where needed."""

    root: str
    files: Files
    engine: Engine
    kustomize: FindKustomize
    sops: FindSops
    read_chart: ReadChart
    pause: Callable[[float], object] = no_pause
    """Waits so many seconds."""
    committed: Callable[[str], bool] = bool
    """Whether the last commit has a file of that path."""
    memory: Memory = NOTHING_KEPT
    identity: str = ""
    """Of all that turns equal input into equal files: this program, and the Helm that it runs."""
    kustomize_identity: Callable[[], str] = str
    """Of the Kustomize that is found."""


@dataclass(frozen=True, slots=True)
class Job:
    """One release in one environment, with what its render is made of."""

    environment: Environment
    release: Release
    chart: LockedChart
    layers: tuple[ValuesLayer, ...]
    overlay: Overlay | None
    form: str = ""
    """Of a chart that asks: ``install`` or ``upgrade``, whichever the tree holds."""

    @property
    def title(self) -> str:
        return f"{self.environment.name}/{self.release.name}"


def job_of(
    environment: Environment, release: Release, lock: ChartLock, world: RenderPorts, *, sealed: bool = False
) -> Job:
    """Gather what the render is made of. ``sealed`` leaves encrypted values as they are, for who needs no value.

    Raises:
        StaleError: the release is not vendored as pipeline.yaml asks.
        UsageError: a values file is missing or no YAML.
        WorldError: encrypted values cannot be decrypted here.
    """
    locked = lock.releases.get(release.pin)
    chart = lock.chart_of(release.pin)
    if locked is None or chart is None:
        raise StaleError(f"release {release.pin!r} is not vendored", hint="pipeline vendor")
    if (locked.chart, locked.wanted) != (release.chart, release.version):
        wanted = f"{release.chart} {release.version}".strip()
        raise StaleError(
            f"release {release.pin!r} needs {wanted}, but pipeline.lock has another version", hint="pipeline vendor"
        )
    layers = tuple(_layers(environment, release, world, sealed=sealed))
    overlay = overlay_of(release.name, environment.name, world.files.inputs(f"{OVERLAYS}/{release.name}"))
    if overlay is not None:
        overlay = _with_shared(overlay, world.files)
    return Job(environment, release, chart, layers, overlay)


def _with_shared(overlay: Overlay, files: Files) -> Overlay:
    """With what it refers to beside its own folder, and what that refers to in turn."""
    tried: set[str] = set()
    while wanted := [path for path in shared_references(overlay) if path not in tried]:
        tried |= set(wanted)
        more = dict(overlay.shared)
        for path in wanted:
            shared = files.inputs(f"{OVERLAYS}/{path}")
            more |= {f"{path}/{name}": data for name, data in shared.items()}
            data = None if shared else files.read(f"{OVERLAYS}/{path}")
            more |= {} if data is None else {path: data}
        overlay = replace(overlay, shared=more)
    return overlay


def _layers(environment: Environment, release: Release, world: RenderPorts, *, sealed: bool) -> Iterable[ValuesLayer]:
    for file in release.value_files(environment.name):
        text = world.files.read_text(file)
        if text is None:
            if file in release.values:
                raise UsageError(
                    f"release {release.name!r}: values file {file} does not exist",
                    hint="create it, or correct pipeline.yaml",
                )
            continue
        try:
            layer = ValuesLayer(file, text, values_of(text))
        except YamlError as error:
            raise ConfigError((Problem(file, error.line, error.column, f"not valid YAML: {error.message}"),)) from error
        yield layer if sealed or not is_sealed(layer.data) else opened(layer, world.sops)


def share(pairs: Sequence[EnvironmentRelease], shard: tuple[int, int], files: Files) -> tuple[EnvironmentRelease, ...]:
    """The pairs of a shard (the second of eight is ``(2, 8)``), by how many files each was rendered into last time."""
    costs = {
        (environment.name, release.name): len(files.paths(folder_of(environment.name, release.name)))
        for environment, release in pairs
    }
    number, count = shard
    own_pairs = set(shared_out(costs, count)[number - 1])
    return tuple(pair for pair in pairs if (pair[0].name, pair[1].name) in own_pairs)


def changed_charts(jobs: Iterable[Job], world: RenderPorts) -> dict[str, StaleError]:
    """By folder: why a vendored chart is not what was vendored. Nobody edits one by hand."""
    stale: dict[str, StaleError] = {}
    for folder, chart in sorted({job.chart.folder: job.chart for job in jobs}.items()):
        if world.files.vendored_digest(folder) != chart.tree:
            tree = world.files.vendored(folder)
            strange = [f"{folder}/{path} {what}" for path, what in sorted(tree.strange.items())]
            message = "\n".join(strange) or f"{folder} is not what pipeline.lock says was vendored"
            stale[folder] = StaleError(
                message, hint="pipeline vendor restores it; put changes into values/ and overlays/"
            )
    return stale
