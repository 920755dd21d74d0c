"""Values keys of ours that nothing in the chart reads: Helm ignores them, and a typing error has no effect."""

from collections.abc import Iterable, Iterator

from pipeline.core.charts.chart import ValuesLayer
from pipeline.core.charts.known_values import ChartValues, knows, leaves
from pipeline.core.charts.suggest import nearest
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.unread_value import UnreadValue
from pipeline.core.yaml.positions import mark

_NOT_FOR_HELM = ("x-", "_", ".")
"""How the names of keys begin that hold YAML anchors for the rest of the file."""


def unread_values(layers: Iterable[ValuesLayer], scope: ChartValues) -> Iterator[UnreadValue]:
    """The shortest paths that neither defaults nor schema nor a template of the chart, or of a dependency, know."""
    for layer in layers:
        paths = [path for path, _ in leaves(layer.data) if not path[0].startswith(_NOT_FOR_HELM)]
        unknown = [path for path in paths if path != ("global",) and not knows(scope, path)]
        for path in dict.fromkeys(_topmost(path, scope) for path in unknown):
            yield UnreadValue(layer.file, mark(layer.written, path).line, ".".join(path), _meant(scope, path))


def _topmost(path: ValuesPath, scope: ChartValues) -> ValuesPath:
    lengths = range(2 if path[0] == "global" else 1, len(path) + 1)
    return next(path[:length] for length in lengths if not knows(scope, path[:length]))


def _meant(scope: ChartValues, path: ValuesPath) -> str:
    """The most similar key that is known where ``path`` lies; else the only one of its name that lies elsewhere."""
    depth, dotted = len(path), ".".join(path)
    beside, elsewhere = set[str](), set[str]()
    for prefix, inner in _scopes(scope):
        for known in [*(path for path, _ in leaves(inner.defaults)), *inner.references.paths]:
            whole = (*prefix, *known)
            if whole[: depth - 1] == path[:-1] and len(whole) >= depth:
                beside.add(".".join(whole[:depth]))
            if whole[-1:] == path[-1:]:
                elsewhere.add(".".join(whole))
    return nearest(dotted, beside - {dotted}) or (next(iter(elsewhere)) if len(elsewhere) == 1 else "")


def _scopes(scope: ChartValues, prefix: ValuesPath = ()) -> Iterator[tuple[ValuesPath, ChartValues]]:
    yield prefix, scope
    for name in sorted(scope.children):
        yield from _scopes(scope.children[name], (*prefix, name))
