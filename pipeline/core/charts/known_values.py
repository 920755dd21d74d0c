"""Which values a chart knows: from its defaults, its schema, its templates, and the dependencies that own a key.

Helm ignores a value that nothing reads, silently. Whether something reads it is judged in three steps: the
defaults name it, the schema names it, or a template refers to it. Maps that are empty by default are free-form.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from pipeline.core.charts.chart import Chart
from pipeline.core.charts.dependencies import METADATA, OLD_METADATA, DeclaredDependency, conditions, declared
from pipeline.core.charts.template_reads import References, ValuesPath, reached, references
from pipeline.core.charts.values import values_of
from pipeline.core.kube.path import MISSING
from pipeline.core.kube.resource import mapping, sequence
from pipeline.core.yaml import reader as yaml_read


@dataclass(frozen=True, slots=True)
class ChartValues:
    """One chart's own values: its defaults, schema and templates, and the charts that it depends on by key.

    ``metadata`` is its Chart.yaml.
    """

    file: str
    defaults: Mapping[str, Any] = field(hash=False)
    schema: Mapping[str, Any] = field(hash=False)
    read: Callable[[], References] = field(hash=False, repr=False)
    children: Mapping[str, "ChartValues"] = field(hash=False)
    metadata: Mapping[str, Any] = field(default_factory=dict, hash=False)
    rows: tuple[DeclaredDependency, ...] = ()
    """What it declares to depend on, whether or not charts/ holds a chart for it."""

    @property
    def references(self) -> References:
        """What its templates read: asked only where neither defaults nor schema know a value."""
        return self.read()


def knows(scope: ChartValues, path: ValuesPath) -> bool:
    """Whether setting ``path`` can have an effect on the chart or one of its dependencies."""
    if path[0] == "global" and len(path) > 1:
        return any(_knows_here(inner, path) for inner in walk(scope))
    child = scope.children.get(path[0])
    if child is not None and len(path) > 1 and knows(child, path[1:]):
        return True
    return (child is not None and len(path) == 1) or _knows_here(scope, path)


def default_at(scope: ChartValues, path: ValuesPath) -> Any:
    """What the chart itself sets at ``path``: its own defaults first, then those of the dependency that owns the key.

    MISSING where neither says anything.
    """
    value: Any = scope.defaults
    for step in path:
        if not isinstance(value, dict) or step not in value:
            child = scope.children.get(path[0]) if len(path) > 1 else None
            return default_at(child, path[1:]) if child is not None else MISSING
        value = value[step]
    return value


def walk(scope: ChartValues) -> Iterator[ChartValues]:
    """The chart's scope and every dependency's, parents first."""
    yield scope
    for name in sorted(scope.children):
        yield from walk(scope.children[name])


def _knows_here(scope: ChartValues, path: ValuesPath) -> bool:
    return _in_defaults(scope.defaults, path) or _in_schema(scope.schema, path) or scope.references.reads(path)


def _in_defaults(defaults: Mapping[str, Any], path: ValuesPath) -> bool:
    """A key of the defaults, or one below a map that is empty there (free-form, ``nodeSelector: {}``) or a list.

    A chart without any defaults is not free-form as a whole.
    """
    value: Any = defaults
    for step in path:
        if not isinstance(value, dict):
            return value is None or isinstance(value, list)
        if step not in value:
            return not value and value is not defaults
        value = value[step]
    return True


def _in_schema(schema: Mapping[str, Any], path: ValuesPath) -> bool:
    node: Mapping[str, Any] = schema
    for step in path:
        properties = mapping(node.get("properties"))
        if step not in properties:
            return bool(node.get("patternProperties")) or isinstance(node.get("additionalProperties"), dict)
        node = mapping(properties[step])
    return True


@lru_cache(maxsize=8)
def scope_of(chart: Chart) -> ChartValues:
    """The scope of a chart with all of its dependencies, read once per chart."""
    return _scope(chart, "", chart.defaults, chart.schema or {}, chart.metadata)


def _scope(
    chart: Chart, folder: str, defaults: Mapping[str, Any], schema: Mapping[str, Any], metadata: Mapping[str, Any]
) -> ChartValues:
    children: dict[str, ChartValues] = {}
    rows = declared(metadata, _yaml(chart, f"{folder}{OLD_METADATA}"))
    parts = _parts(chart, folder)
    for key, below, part in _keyed(rows, parts):
        part_schema = _yaml(chart, f"{below}values.schema.json")
        children[key] = _scope(chart, below, _yaml(chart, f"{below}values.yaml", values_of), part_schema, part)
    switching = [row for row in rows if row.key in children]
    read = cache(lambda: references(_texts(chart, folder), _switches(switching)))
    return ChartValues(f"{folder}values.yaml", defaults, schema, read, children, metadata, rows)


def _texts(chart: Chart, folder: str) -> list[str]:
    """Whatever may read the chart's values: templates, their libraries, and texts that are handed to ``tpl``.

    NOTES.txt makes no object: what it alone reads has no effect.
    """
    own, libraries, texts = [], [], []
    start = f"{folder}templates/"
    for path, text in chart.files.items():
        if path.startswith(start):
            own += [] if path.endswith("/NOTES.txt") else [text]
        elif path.startswith(f"{folder}charts/") and "/templates/" in path and "define" in text:
            libraries.append(text)
        elif path.startswith(folder) and ".Values" in text and not path[len(folder) :].startswith(("charts/", "crds/")):
            texts += [] if path.endswith((".md", ".gotmpl")) else [text]
    return reached(own, libraries) + texts


def _switches(rows: Iterable[DeclaredDependency]) -> Iterator[ValuesPath]:
    """The values that switch dependencies on and off: conditions and tags."""
    for row in rows:
        yield from (tuple(condition.split(".")) for condition in conditions(row.row))
        yield from (("tags", str(tag)) for tag in sequence(row.row.get("tags")))


def _parts(chart: Chart, folder: str) -> dict[str, Mapping[str, Any]]:
    """Chart.yaml of each chart in charts/ by its folder there."""
    start = f"{folder}charts/"
    names = sorted({path[len(start) :].split("/")[0] for path in chart.files if path.startswith(start)})
    places = [f"{start}{name}/" for name in names if name[:1] not in ("_", ".")]
    return {place: part for place in places if (part := _yaml(chart, f"{place}{METADATA}"))}


def _keyed(
    rows: Iterable[DeclaredDependency], parts: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(key in values, folder, Chart.yaml) of each chart: its alias only where the declaration takes it."""
    for place, part in parts.items():
        keys = [row.key for row in rows if _takes(row, part)]
        yield from ((key, place, part) for key in keys or [str(part.get("name") or place.split("/")[-2])])


def _takes(row: DeclaredDependency, part: Mapping[str, Any]) -> bool:
    return row.takes(str(part.get("name") or ""), str(part.get("version") or ""))


def _yaml(chart: Chart, path: str, read: Callable[[str], Any] = yaml_read.load) -> Mapping[str, Any]:
    """A YAML (or JSON) file of the chart; empty where it is missing or broken: Helm itself says so when it renders."""
    try:
        return mapping(read(chart.files.get(path, "")))
    except ValueError:
        return {}


def leaves(values: Mapping[str, Any], path: ValuesPath = ()) -> Iterator[tuple[ValuesPath, Any]]:
    """Each path that somebody set, with its value; an empty map or a list is one leaf."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, str(key)))
        else:
            yield (*path, str(key)), value
