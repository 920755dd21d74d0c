"""The line of each key in a values file, so that a message can show file:line."""

from typing import Any

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.yaml.positions import marks


def where(layers: tuple[ValuesLayer, ...], path: ValuesPath) -> str:
    """``values/mesh/prod.yaml:12`` of the last layer that sets ``path``; the file alone where no line is found."""
    for layer in reversed(layers):
        if _sets(layer.data, path):
            mark = marks(layer.written).get(path)
            return f"{layer.file}:{mark.line}" if mark else layer.file
    return ""


def _sets(data: Any, path: ValuesPath) -> bool:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True
