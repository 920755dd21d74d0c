"""The values that a chart and its dependencies see, as Helm makes them of defaults and of what users set.

After Helm 4 (pkg/chart/common/util/coalesce.go, pkg/chart/v2/util/dependencies.go): first conditions and tags switch
dependencies, then defaults are imported from them, and only then do the values of users come over it all. So what a
user sets for a dependency is not imported from it. Nulls are left out of what comes back: they only delete.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.core.charts.dependencies import DeclaredDependency, conditions
from pipeline.core.charts.known_values import ChartValues
from pipeline.core.kube.path import get
from pipeline.core.kube.resource import mapping, sequence

Values = dict[str, Any]
_GLOBAL = "global"


def coalesced(scope: ChartValues, own: Mapping[str, Any]) -> Values:
    """What templates and schemas see of ``scope``: ``own`` are the values of users. New maps throughout."""
    return _without_nulls(_coalesced(scope, _copy(own), _imported(scope, own, ()), keep=False))


def live(scope: ChartValues, values: Mapping[str, Any]) -> Mapping[str, ChartValues]:
    """The dependencies that ``values`` do not switch off, by their key. Those that nothing declares are always on."""
    off = {row.key for row in scope.rows if not _is_on(row, values)}
    return {key: child for key, child in scope.children.items() if key not in off}


def _is_on(row: DeclaredDependency, values: Mapping[str, Any]) -> bool:
    for path in conditions(row.row):
        value = get(values, tuple(path.split(".")))
        if isinstance(value, bool):
            return value
    tags = [mapping(values.get("tags")).get(str(tag)) for tag in sequence(row.row.get("tags"))]
    return True in tags or False not in tags


_Defaults = Mapping[tuple[str, ...], Values]


def _imported(scope: ChartValues, own: Mapping[str, Any], at: tuple[str, ...]) -> _Defaults:
    """The defaults of each chart that is on, by its place, with what it imports from its dependencies."""
    seen = _coalesced(scope, _copy(own), {}, keep=False)
    defaults: dict[tuple[str, ...], Values] = {}
    for key, child in live(scope, seen).items():
        defaults |= _imported(child, mapping(seen.get(key)), (*at, key))
    values = _copy(scope.defaults)
    rows = [row for row in scope.rows if _is_on(row, seen)]
    if rows:
        below = {place[len(at) :]: data for place, data in defaults.items()}
        values = _coalesced(scope, {}, {(): values, **below}, keep=True)
        extra: Values = {}
        for part in _imports(rows, values):
            extra = _tables(extra, part, keep=True)
        values = _tables(values, extra, keep=True)
    return {**defaults, at: values}


def _imports(rows: Sequence[DeclaredDependency], values: Mapping[str, Any]) -> Iterator[Values]:
    for row in rows:
        for entry in sequence(row.row.get("import-values")):
            if isinstance(entry, dict):
                exported = get(values, (row.key, *str(entry.get("child")).split(".")))
                for step in reversed(str(entry.get("parent")).split(".") if entry.get("parent") != "." else []):
                    exported = {step: exported} if isinstance(exported, dict) else None
            else:
                exported = get(values, (row.key, "exports", *str(entry).split(".")))
            if isinstance(exported, dict):
                yield _copy(exported)


def _coalesced(scope: ChartValues, values: Values, defaults: _Defaults, *, keep: bool) -> Values:
    """``defaults`` by the place of each chart; of a chart that it lacks, those of its own. ``keep`` nulls."""
    for key, value in defaults.get((), scope.defaults).items():
        if key not in values:
            values[key] = _copied(value)
        elif values[key] is None and not keep:
            del values[key]
        elif isinstance(value, dict) and isinstance(values[key], dict):
            values[key] = _tables(values[key], value, keep=keep or key in scope.children)
    for key in [key for key in scope.children if not defaults or (key,) in defaults]:
        below = values.setdefault(key, {})
        if isinstance(below, dict):
            inner = {place[1:]: data for place, data in defaults.items() if place[:1] == (key,)}
            values[key] = _coalesced(scope.children[key], _with_globals(below, values), inner, keep=keep)
    return values


def _with_globals(below: Values, above: Mapping[str, Any]) -> Values:
    """Globals from above win over those of a dependency, unless one is a map and the other is not."""
    own_globals, theirs = below.get(_GLOBAL, {}), above.get(_GLOBAL, {})
    if not isinstance(own_globals, dict) or not isinstance(theirs, dict):
        return below
    merged = dict(own_globals)
    for key, value in theirs.items():
        if isinstance(value, dict):
            if key not in own_globals:
                merged[key] = _copy(value)
            elif isinstance(own_globals[key], dict):
                merged[key] = _tables(_copy(value), own_globals[key], keep=True)
        elif not isinstance(own_globals.get(key), dict):
            merged[key] = value
    return {**below, _GLOBAL: merged}


def _tables(over: Values, under: Mapping[str, Any], *, keep: bool) -> Values:
    """``over`` wins. Where it is null, it deletes, or is kept for the chart whose defaults come later."""
    for key, value in under.items():
        if key not in over:
            over[key] = _copied(value)
        elif over[key] is None and not keep:
            del over[key]
        elif isinstance(value, dict) and isinstance(over[key], dict):
            over[key] = _tables(over[key], value, keep=keep)
    return over


def _copy(values: Mapping[str, Any]) -> Values:
    return {key: _copied(value) for key, value in values.items()}


def _copied(value: Any) -> Any:
    return _copy(value) if isinstance(value, dict) else value


def _without_nulls(values: Mapping[str, Any]) -> Values:
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }
