"""Where in a values file a key stands, so that a message can say file:line."""

from functools import lru_cache
from typing import Any

import yaml

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.template_reads import ValuesPath


def where(layers: tuple[ValuesLayer, ...], path: ValuesPath) -> str:
    """``values/mesh/prod.yaml:12`` of the last layer that sets ``path``; the file alone where no line is found."""
    for layer in reversed(layers):
        if _sets(layer.data, path):
            line = _lines(layer.text).get(path)
            return f"{layer.file}:{line}" if line else layer.file
    return ""


def _sets(data: Any, path: ValuesPath) -> bool:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


@lru_cache(maxsize=64)
def _lines(text: str) -> dict[ValuesPath, int]:
    """Each key's path with its line, counted from 1. Empty for text that no YAML parser reads."""
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return {}
    found: dict[ValuesPath, int] = {}
    _collect(node, (), found)
    return found


def _collect(node: yaml.Node | None, path: ValuesPath, found: dict[ValuesPath, int]) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            here = (*path, key.value)
            found[here] = key.start_mark.line + 1
            _collect(value, here, found)
