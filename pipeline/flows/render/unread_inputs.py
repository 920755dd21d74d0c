"""Says what a render leaves aside: files that no release takes, keys that nothing reads or that are given twice."""

import contextlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from pipeline.core.charts.stored_names import original
from pipeline.core.charts.unread_value import UnreadValue, of_all_takers
from pipeline.core.config.model import Config
from pipeline.core.config.unread import is_kustomization, keys_given_twice, unread_files
from pipeline.core.errors import PipelineError
from pipeline.core.render.overlay import FOLDER as OVERLAYS
from pipeline.flows.render.jobs import Files, Job, ReadChart, RenderPorts

if TYPE_CHECKING:
    from pipeline.core.charts.known_values import ChartValues


def unread(config: Config, jobs: Sequence[Job], bases: Sequence[str], world: RenderPorts) -> tuple[str, ...]:
    """Of the whole repository, and of the values of ``jobs``; each line once. ``bases`` are those of ``base_key``."""
    files = world.files
    overlays = {path: files.read(path) or b"" for path in files.paths(OVERLAYS) if is_kustomization(path)}
    said = [*unread_files(config, files.paths("values"), overlays)]
    said += (line for job in jobs for line in keys_given_twice(job.layers))
    values_of = {job.title: _unread_values(job, base, world) for job, base in zip(jobs, bases, strict=True)}
    takers: dict[str, set[str]] = {}
    for environment, release in config.pairs():
        for file in release.value_files(environment.name):
            takers.setdefault(file, set()).add(f"{environment.name}/{release.name}")
    said += map(str, of_all_takers(values_of, {file: frozenset(titles) for file, titles in takers.items()}))
    return tuple(dict.fromkeys(said))


def _unread_values(job: Job, base: str, world: RenderPorts) -> tuple[UnreadValue, ...]:
    """Remembered, since the chart's templates have to be searched for it."""
    if not any(layer.data for layer in job.layers):
        return ()
    key = f"unread {base}"
    remembered = world.memory.get(key) if base else None
    if remembered is not None:
        with contextlib.suppress(orjson.JSONDecodeError, TypeError, ValueError):
            return tuple(
                UnreadValue(str(f), int(line), str(k), str(near)) for f, line, k, near in orjson.loads(remembered)
            )
    from pipeline.core.charts.unread_values import unread_values  # noqa: PLC0415 - 40 ms where all is remembered

    try:
        scope = _scope(job.chart.folder, job.chart.tree, world.files, world.read_chart)
    except PipelineError:  # Helm says what is wrong with it
        return ()
    values = tuple(unread_values(job.layers, scope))
    if base:
        world.memory.put(key, orjson.dumps([[value.file, value.line, value.key, value.near] for value in values]))
    return values


@lru_cache(maxsize=8)  # releases of one chart read it once
def _scope(folder: str, digest: str, files: Files, read_chart: ReadChart) -> "ChartValues":
    from pipeline.core.charts.known_values import scope_of  # noqa: PLC0415

    tree = {original(path): data for path, data in files.tree(folder).items()}
    return scope_of(read_chart(tree, digest, folder))
