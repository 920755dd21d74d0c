"""Where each value of a release comes from: its own files, and the chart's defaults.

Which values are secret is known from a render: what a Secret takes is masked, whatever its key is.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.coalesce import live
from pipeline.core.charts.known_values import ChartValues, scope_of
from pipeline.core.charts.stored_names import original_files
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.values import overlaid
from pipeline.core.charts.values_origin import CHART_DEFAULTS, ChartDefaults, ValueOrigin, origins_of_values
from pipeline.core.errors import WorldError
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import mapping
from pipeline.core.ports import no_progress
from pipeline.core.redaction.copies import copies_of
from pipeline.core.redaction.mask import Mask
from pipeline.core.render.manifests import parse
from pipeline.flows.render.attempt import attempt
from pipeline.flows.render.choose_form import with_form
from pipeline.flows.render.jobs import Job, RenderPorts
from pipeline.flows.render.rounds import own_apis
from pipeline.flows.render.safe_messages import failing, knowing

_ENCRYPTED = "<encrypted>"


@dataclass(frozen=True, slots=True)
class ShownValue:
    """``shown`` is the value as JSON, masked where it is secret."""

    origin: ValueOrigin
    shown: str


@dataclass(frozen=True, slots=True)
class _Secrets:
    """``taken`` are the paths that a Secret takes; ``safe`` masks the rest."""

    taken: tuple[Path, ...]
    safe: Callable[[str], str]

    def has(self, path: ValuesPath) -> bool:
        return any(path[: len(one)] == one[: len(path)] for one in self.taken)


def value_origins(job: Job, world: RenderPorts, path: str = "") -> Iterator[ShownValue]:
    """Each value at or below ``path`` (``image.tag``), by path, those of dependencies that are switched on too."""
    folder = f"values/{job.release.name}/"
    names = {layer.file: layer.file.removeprefix(folder).removesuffix(".yaml") for layer in job.layers}
    at = tuple(step for step in path.split(".") if step)
    origins = list(origins_of_values(_defaults(job, world), job.layers, names, at))
    if not origins:
        return
    secrets, mask = _secrets(job, world), Mask()
    for origin in origins:
        ours = origin.layer != CHART_DEFAULTS
        text = json.dumps(origin.value, ensure_ascii=False)
        if any(layer.file == origin.file and str(origin.value) in layer.secrets for layer in job.layers):
            yield ShownValue(origin, _ENCRYPTED)
        elif ours and secrets.has(origin.path):
            yield ShownValue(origin, mask.label(text))
        else:
            shown = _masked(origin.path, origin.value)
            yield ShownValue(origin, secrets.safe(shown) if ours else shown)


def _secrets(job: Job, world: RenderPorts) -> _Secrets:
    """Of what it renders to; where it does not, each of our values is suspect, as in the error."""
    job = with_form(job, world)
    apis = {job.environment.name: own_apis(job.environment)}
    answer = next(iter(attempt([job], apis, world, no_progress)))
    if isinstance(answer, WorldError):
        return _Secrets((), failing([job], world, by_templates=True))
    manifests = parse(answer.text, namespace=job.release.namespace)
    layers = [layer.data for layer in job.layers]
    return _Secrets(copies_of(manifests, layers).values, knowing([job], world, [manifests]).text)


def _defaults(job: Job, world: RenderPorts) -> list[ChartDefaults]:
    files = original_files(world.files.tree(job.chart.folder))
    chart = world.read_chart(files, job.chart.tree, job.chart.folder)
    scope = scope_of(chart)
    values = overlaid([ValuesLayer("", "", scope.defaults), *job.layers])
    return [
        ChartDefaults(
            at,
            ValuesLayer(
                f"{job.chart.folder}/{scope_here.file}", chart.files.get(scope_here.file, ""), scope_here.defaults
            ),
        )
        for at, scope_here in _on(scope, values, ())
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
