"""Where each value of a release comes from: its own files, and the chart's defaults."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.coalesce import live
from pipeline.core.charts.known_values import ChartValues, scope_of
from pipeline.core.charts.stored_names import original_files
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.values import overlaid
from pipeline.core.charts.values_origin import ChartDefaults, ValueOrigin, origins_of_values
from pipeline.core.kube.resource import mapping
from pipeline.core.redaction.mask import Mask
from pipeline.flows.render.jobs import Job, RenderPorts

_ENCRYPTED = "<encrypted>"


@dataclass(frozen=True, slots=True)
class ShownValue:
    """``shown`` is the value as JSON, masked where its key says that it is secret."""

    origin: ValueOrigin
    shown: str


def value_origins(job: Job, world: RenderPorts, path: str = "") -> Iterator[ShownValue]:
    """Each value at or below ``path`` (``image.tag``), by path, those of dependencies that are switched on too."""
    folder = f"values/{job.release.name}/"
    names = {layer.file: layer.file.removeprefix(folder).removesuffix(".yaml") for layer in job.layers}
    at = tuple(step for step in path.split(".") if step)
    for origin in origins_of_values(_defaults(job, world), job.layers, names, at):
        hidden = any(layer.file == origin.file and str(origin.value) in layer.secrets for layer in job.layers)
        yield ShownValue(origin, _ENCRYPTED if hidden else _masked(origin.path, origin.value))


def _defaults(job: Job, world: RenderPorts) -> list[ChartDefaults]:
    files = original_files(world.files.tree(job.chart.folder))
    chart = world.read_chart(files, job.chart.tree, job.chart.folder)
    scope = scope_of(chart)
    values = overlaid([ValuesLayer("", "", scope.defaults), *job.layers])
    return [
        ChartDefaults(at, ValuesLayer(f"{job.chart.folder}/{one.file}", chart.files.get(one.file, ""), one.defaults))
        for at, one in _on(scope, values, ())
    ]


def _on(scope: ChartValues, values: Mapping[str, Any], at: ValuesPath) -> Iterator[tuple[ValuesPath, ChartValues]]:
    for key, child in live(scope, values).items():
        below = mapping(values.get(key))
        own = overlaid([ValuesLayer("", "", child.defaults), ValuesLayer("", "", below)])
        yield from _on(child, own, (*at, key))
    yield at, scope


def _masked(path: tuple[str, ...], value: Any) -> str:
    """As a mask shows it that knows nothing but this value under its own key."""
    mask, nested = Mask(), value
    for step in reversed(path):
        nested = {step: nested}
    mask.values(nested)
    return mask.text(json.dumps(value, ensure_ascii=False))
