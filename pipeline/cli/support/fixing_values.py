"""Moves values of ours to the keys that a newer chart has for them: ``upgrade --fix-values``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.adapters.charts.load_chart import chart_of
from pipeline.adapters.disk import Disk
from pipeline.core.charts.chart import Chart
from pipeline.core.charts.known_values import leaves
from pipeline.core.charts.lock import ChartLock
from pipeline.core.charts.renamed_values import collapsed, renamed
from pipeline.core.charts.stored_names import original
from pipeline.core.charts.values import values_of
from pipeline.core.config.model import Config
from pipeline.core.kube.secrets import SOPS
from pipeline.core.upgrade.version_moves import VersionMove
from pipeline.core.yaml.key_moves import with_moved_keys
from pipeline.core.yaml.positions import mark
from pipeline.core.yaml.reader import YamlError

Charts = Mapping[str, Chart]


@dataclass(frozen=True, slots=True)
class FixedValues:
    """``files`` are the values files with their keys moved; ``said`` tells each move, made or not."""

    files: Mapping[str, bytes]
    said: tuple[str, ...]


def charts_of(lock: ChartLock, disk: Disk, batch: Iterable[VersionMove]) -> dict[str, Chart]:
    """By release and environments, the charts that lie in vendor_charts/ for it."""
    charts = {}
    for move in batch:
        locked = lock.releases.get(move.pin) or lock.releases.get(move.release)
        if locked is not None:
            files = {original(path): data for path, data in disk.vendored(locked.folder).files.items()}
            if "Chart.yaml" in files:
                charts[move.pin] = chart_of(files, "", f"{locked.name} {locked.version}")
    return charts


def fixed_values(
    config: Config, disk: Disk, batch: Sequence[VersionMove], before: Charts, after: Charts
) -> FixedValues:
    """The values files of the releases that move, with each key that the chart renamed at its new place."""
    files: dict[str, bytes] = {}
    said: list[str] = []
    moving = {(environment, move.release) for move in batch for environment in move.environments}
    for move in batch:
        if move.pin not in before or move.pin not in after:
            continue
        for file in _files_of(config, move):
            text = files.get(file, disk.read(file) or b"").decode("utf-8", "replace")
            moved_keys = _found(text, before[move.pin], after[move.pin])
            if not moved_keys:
                continue
            others = sorted(f"{env}/{name}" for env, name in _readers(config, file) if (env, name) not in moving)
            new = None if others else with_moved_keys(text, moved_keys)
            why = f"also read by {', '.join(others)}, which stays" if others else "not in place"
            said += _told(file, text, moved_keys, "" if new is not None else why)
            if new is not None:
                files[file] = new.encode()
    return FixedValues(files, tuple(dict.fromkeys(said)))


def _found(text: str, before: Chart, after: Chart) -> dict[tuple[str, ...], tuple[str, ...]]:
    try:
        data = values_of(text)
    except YamlError:
        return {}  # the render says so
    if SOPS in data:
        return {}
    own = [path for path, _ in leaves(data)]
    return collapsed(renamed(before, after, own), own)


def _files_of(config: Config, move: VersionMove) -> Iterator[str]:
    release = next(candidate for candidate in config.releases if candidate.name == move.release)
    yield from dict.fromkeys(file for env in move.environments for file in release.value_files(env))


def _readers(config: Config, file: str) -> Iterator[tuple[str, str]]:
    for environment, release in config.pairs():
        if file in release.value_files(environment.name):
            yield environment.name, release.name


def _told(file: str, text: str, moved_keys: Mapping[tuple[str, ...], tuple[str, ...]], why_not: str) -> Iterator[str]:
    for old, new in moved_keys.items():
        edit = f"{file}:{mark(text, old).line}: {'.'.join(old)} -> {'.'.join(new)}"
        yield f"{edit}: move it by hand ({why_not})" if why_not else edit
