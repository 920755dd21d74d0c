"""Where each line of a rendered object came from: its template, a value's file and line, or the overlay.

As far as it can be known from text: a template that writes ``image: {{ .Values.image }}`` says that the key's value is
that value's, if it is equal. What a template computes, or takes from a helper, is the template's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.values_origin import ChartDefaults, ValueOrigin, origins_of_values
from pipeline.core.kube.path import Entry, Path
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.upgrade import Side
from pipeline.core.yaml.positions import marks
from pipeline.core.yaml.writer import dump

_KEY = re.compile(r"^\s*(?:-\s+)?[\"']?([\w./-]+)[\"']?:(.*)$")
_READ = re.compile(r"\.Values\.([A-Za-z_][\w.]*)")
_SUBCHART = re.compile(r"charts/([^/]+)/")
OVERLAY = "overlay"


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """One line of an object's YAML. ``origin`` is ``values/web/prod.yaml:3``, ``overlay``, or empty: its template."""

    text: str
    origin: str = ""


@dataclass(frozen=True, slots=True)
class _Reads:
    """Which values a template puts behind which key, and where each value is set."""

    by_key: Mapping[str, tuple[tuple[str, ...], ...]] = field(hash=False)
    origins: Mapping[tuple[str, ...], ValueOrigin] = field(hash=False)


def rendered_lines(resource: Resource, side: Side) -> list[RenderedLine]:
    """The object as it is in the tree, line by line."""
    text = dump(resource.body)
    places = marks(text)
    reads = _reads(resource, side)
    origins: dict[int, str] = {}
    for path, value in _leaves(resource.body, ()):
        place = places.get(path)
        origin = OVERLAY if _overlaid(resource, side, path) else _value(path, value, reads)
        if place is not None and origin:
            origins[place.line] = origin
    return [RenderedLine(line, origins.get(number, "")) for number, line in enumerate(text.splitlines(), 1)]


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    elif isinstance(value, list) and value:
        for index, below in enumerate(value):
            yield from _leaves(below, (*path, index))
    else:
        yield path, value


def _overlaid(resource: Resource, side: Side, path: tuple[str | int, ...]) -> bool:
    effects = (effect for effect in side.notes.overlaid or () if effect.id == resource.id)
    return any(_at_or_below(path, effect.path, resource.body) for effect in effects)


def _at_or_below(path: tuple[str | int, ...], above: Path, body: Any) -> bool:
    """Whether ``path``, which names list entries by number, lies at or below ``above``, which names them by key."""
    if len(path) < len(above):
        return False
    for step, wanted in zip(path, above, strict=False):
        item = body[step]
        named = isinstance(wanted, Entry) and isinstance(item, dict)
        if not (all(item.get(key) == value for key, value in wanted.pairs) if named else step == wanted):  # type: ignore[union-attr]
            return False
        body = item
    return True


def _value(path: tuple[str | int, ...], value: Any, reads: _Reads) -> str:
    """The file and line of the value that stands at ``path``; empty where none is known to."""
    for at in range(len(path) - 1, -1, -1):
        for read in reads.by_key.get(str(path[at]), ()):
            origin = reads.origins.get((*read, *map(str, path[at + 1 :])))
            if origin is not None and _holds(value, origin.value, whole=at + 1 < len(path)):
                return f"{origin.file}:{origin.line}"
    return ""


def _holds(rendered: Any, value: Any, *, whole: bool) -> bool:
    """Whether the rendered scalar is the value, or a text that the value is a part of."""
    if rendered == value and type(rendered) is type(value):
        return True
    said = str(value)
    return not whole and bool(said) and isinstance(rendered, str) and value is not None and said in rendered


def _reads(resource: Resource, side: Side) -> _Reads:
    chart = side.chart
    if chart is None:
        return _Reads({}, {})
    file = resource.source.partition("/")[2]
    above = tuple(_SUBCHART.findall(file))
    by_key: dict[str, list[tuple[str, ...]]] = {}
    key = ""
    for line in chart.files.get(file, "").splitlines():
        match = _KEY.match(line)
        key, said = (match[1], match[2]) if match else (key, line)
        for read in _READ.findall(said):
            steps = tuple(read.rstrip(".").split("."))
            by_key.setdefault(key, []).append(steps if steps[0] == "global" else (*above, *steps))
    name = f"vendor_charts/{chart.name}/{chart.version}/values.yaml"
    defaults = ValuesLayer(name, chart.files.get("values.yaml", ""), dict(chart.defaults))
    origins = {origin.path: origin for origin in origins_of_values([ChartDefaults((), defaults)], side.values, {})}
    return _Reads({key: tuple(dict.fromkeys(places)) for key, places in by_key.items()}, origins)
