"""Merges values layers as ``helm template -f A -f B`` does, before the chart's own defaults are added underneath.

Maps are merged, everything else is replaced, lists too. A null is kept: with it, a layer removes a default of the
chart, which Helm does later.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.kube.resource import mapping
from pipeline.core.yaml.reader import YamlError, load_all


class ValuesError(Exception):
    """A values file that is not a map. The message names the file."""


def merge(layers: Iterable[ValuesLayer]) -> dict[str, Any]:
    """What the layers say together, the last one winning. The documents of one file are layers too.

    Raises:
        ValuesError: a layer is not valid YAML, or a document in it is not a map.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        for document in _documents(layer):
            merged = merge_maps(merged, document)
    return merged


def values_of(text: str) -> dict[str, Any]:
    """What the text of one values file says. As in Helm 4, its documents are merged; what is not a map says nothing.

    Raises:
        YamlError: it is not valid YAML.
    """
    merged: dict[str, Any] = {}
    for document in load_all(text):
        merged = merge_maps(merged, mapping(document))
    return merged


def overlaid(layers: Iterable[ValuesLayer]) -> dict[str, Any]:
    """What layers that have been read say together, the last one winning."""
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = merge_maps(merged, layer.data)
    return merged


def merge_maps(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A new map; neither argument is changed."""
    out = dict(base)
    for key, value in over.items():
        below = out.get(key)
        out[key] = merge_maps(below, value) if isinstance(value, dict) and isinstance(below, dict) else value
    return out


def _documents(layer: ValuesLayer) -> Iterable[dict[str, Any]]:
    try:
        documents = load_all(layer.text)
    except YamlError as error:
        raise ValuesError(f"failed to parse {layer.file}: {error}") from error
    for document in documents:
        if isinstance(document, dict):
            yield document
        elif document is not None:
            raise ValuesError(f"failed to parse {layer.file}: it holds a {type(document).__name__}, not a map")
