"""Which file, line and layer set each value of a release."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.values import overlaid
from pipeline.core.kube.resource import mapping
from pipeline.core.yaml.positions import mark

CHART_DEFAULTS = "chart"
"""The layer of what the chart itself sets."""


@dataclass(frozen=True, slots=True)
class ValueOrigin:
    """``layer`` is the name of the layer (``chart``, ``common``, an environment, or a file that pipeline.yaml names).

    ``line`` counts from 1.
    """

    path: ValuesPath
    value: Any = field(hash=False)
    file: str
    line: int
    layer: str


@dataclass(frozen=True, slots=True)
class ChartDefaults:
    """The values.yaml of a chart, or of a dependency whose values lie below ``at``."""

    at: ValuesPath
    layer: ValuesLayer

    @property
    def within(self) -> ValuesLayer:
        """The same, with its values where the release has them."""
        data: Mapping[str, Any] = self.layer.data
        for step in reversed(self.at):
            data = {step: data}
        return replace(self.layer, data=data)


def origins_of_values(
    defaults: Sequence[ChartDefaults], layers: Sequence[ValuesLayer], names: Mapping[str, str], at: ValuesPath = ()
) -> Iterator[ValueOrigin]:
    """Each value at or below ``at``, after the merge, by path; ``names`` are those of the layers by their files.

    ``defaults`` are those of dependencies, then those of the charts that they belong to, which win. A null of ours
    takes a value of the chart's away: it is an origin too.
    """
    layer_depths = [(default.within, len(default.at)) for default in defaults] + [(layer, 0) for layer in layers]
    for path, value in sorted(_leaves(overlaid([layer for layer, _ in layer_depths])), key=lambda pair: pair[0]):
        if path[: len(at)] != at:
            continue
        layer, depth = next(layer_depth for layer_depth in reversed(layer_depths) if _says(layer_depth[0].data, path))
        line = mark(layer.written, path[depth:]).line
        yield ValueOrigin(path, value, layer.file, line, names.get(layer.file, CHART_DEFAULTS))


def _says(data: Any, path: ValuesPath) -> bool:
    """Whether a layer sets the path, or something above it that is no map."""
    for step in path:
        if not isinstance(data, dict):
            return True
        if step not in data:
            return False
        data = data[step]
    return True


def _leaves(data: Mapping[str, Any], path: ValuesPath = ()) -> Iterator[tuple[ValuesPath, Any]]:
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(mapping(value), (*path, str(key)))
        else:
            yield (*path, str(key)), value
