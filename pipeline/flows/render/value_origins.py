"""Where each value of a release comes from: its own files, and the chart's defaults."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.values import values_of
from pipeline.core.charts.values_origin import ValueOrigin, origins_of_values
from pipeline.core.redaction.mask import Mask
from pipeline.flows.render.jobs import Job

_DEFAULTS = "values.yaml"
_ENCRYPTED = "<encrypted>"


class TextFiles(Protocol):
    def read_text(self, path: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class ShownValue:
    """``shown`` is the value as JSON, masked where its key says that it is secret."""

    origin: ValueOrigin
    shown: str


def value_origins(job: Job, files: TextFiles, path: str = "") -> Iterator[ShownValue]:
    """Each value at or below ``path`` (``image.tag``), by path."""
    file = f"{job.chart.folder}/{_DEFAULTS}"
    text = files.read_text(file) or ""
    defaults = ValuesLayer(file, text, values_of(text))
    folder = f"values/{job.release.name}/"
    names = {layer.file: layer.file.removeprefix(folder).removesuffix(".yaml") for layer in job.layers}
    at = tuple(step for step in path.split(".") if step)
    for origin in origins_of_values(defaults, job.layers, names, at):
        hidden = any(layer.file == origin.file and str(origin.value) in layer.secrets for layer in job.layers)
        yield ShownValue(origin, _ENCRYPTED if hidden else _masked(origin.path, origin.value))


def _masked(path: tuple[str, ...], value: Any) -> str:
    """As a mask shows it that knows nothing but this value under its own key."""
    mask, nested = Mask(), value
    for step in reversed(path):
        nested = {step: nested}
    mask.values(nested)
    return mask.text(json.dumps(value, ensure_ascii=False))
