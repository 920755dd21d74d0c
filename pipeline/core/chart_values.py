"""What a chart knows of its values: defaults, schema, template references, and the dependencies that own a key.

Helm ignores a value that nothing reads, without a word. Whether something reads it is judged in three steps: the
defaults name it, the schema names it, or a template refers to it. Maps that are empty by default are free-form.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pipeline.core import yaml_read
from pipeline.core.change import MISSING
from pipeline.core.chart import Chart
from pipeline.core.resource import mapping, sequence
from pipeline.core.upgrade import Upgrade

ValuesPath = tuple[str, ...]

# `.Values.a.b`, `$.Values.a.b`, and `index .Values "a" "b"`
_REFERENCE = re.compile(r"\.Values((?:\.[A-Za-z_][\w-]*)+)")
_INDEX = re.compile(r"index\s+\$?\.Values((?:\.[A-Za-z_][\w-]*)*)((?:\s+\"[^\"]+\")+)")
_WORD = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True, slots=True)
class References:
    """``paths`` are the exact ``.Values`` paths that templates name, ``words`` every identifier in the templates."""

    paths: frozenset[ValuesPath]
    words: frozenset[str]

    def reads(self, path: ValuesPath) -> bool:
        """Whether a template names the path, something below it, or a map above it whose keys it may go through."""
        if any(known[: len(path)] == path for known in self.paths if len(known) >= len(path)):
            return True
        above = any(path[:length] in self.paths for length in range(1, len(path)))
        return above and path[-1] in self.words


@dataclass(frozen=True, slots=True)
class Scope:
    """One chart's own values: its defaults, schema and templates, and the charts that it depends on by key."""

    file: str
    defaults: Mapping[str, Any] = field(hash=False)
    schema: Mapping[str, Any] = field(hash=False)
    references: References = field(hash=False)
    children: Mapping[str, "Scope"] = field(hash=False)


def knows(scope: Scope, path: ValuesPath) -> bool:
    """Whether setting ``path`` can have an effect on the chart or one of its dependencies."""
    if path[0] == "global" and len(path) > 1:
        return any(_knows_here(one, path) for one in walk(scope))
    child = scope.children.get(path[0])
    if child is not None and len(path) > 1 and knows(child, path[1:]):
        return True
    return (child is not None and len(path) == 1) or _knows_here(scope, path)


def default_at(scope: Scope, path: ValuesPath) -> Any:
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


def walk(scope: Scope) -> Iterator[Scope]:
    """The chart's scope and every dependency's, parents first."""
    yield scope
    for name in sorted(scope.children):
        yield from walk(scope.children[name])


def _knows_here(scope: Scope, path: ValuesPath) -> bool:
    return _in_defaults(scope.defaults, path) or _in_schema(scope.schema, path) or scope.references.reads(path)


def _in_defaults(defaults: Mapping[str, Any], path: ValuesPath) -> bool:
    """A key of the defaults, or one below a map that is empty there (free-form, ``nodeSelector: {}``) or a list."""
    value: Any = defaults
    for step in path:
        if not isinstance(value, dict):
            return value is None or isinstance(value, list)
        if step not in value:
            return not value
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
def scope_of(chart: Chart) -> Scope:
    """The scope of a chart with all of its dependencies, read once per chart."""
    return _scope(chart, "", chart.defaults, chart.schema or {}, chart.metadata)


def _scope(
    chart: Chart, folder: str, defaults: Mapping[str, Any], schema: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Scope:
    children: dict[str, Scope] = {}
    for key, name in _dependencies(chart, folder, metadata):
        below = f"{folder}charts/{name}/"
        part_metadata = _yaml(chart, f"{below}Chart.yaml")
        if part_metadata:
            part_schema = _yaml(chart, f"{below}values.schema.json")
            children[key] = _scope(chart, below, _yaml(chart, f"{below}values.yaml"), part_schema, part_metadata)
    templates = [text for path, text in chart.files.items() if path.startswith(f"{folder}templates/")]
    conditions = {
        tuple(one.strip().split("."))
        for row in _rows(metadata)
        for one in str(row.get("condition") or "").split(",")
        if one.strip()
    }
    found = _references(templates)
    references = References(found.paths | conditions, found.words)
    return Scope(f"{folder}values.yaml", defaults, schema, references, children)


def _dependencies(chart: Chart, folder: str, metadata: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key in values, folder's name): each declared dependency by alias or name, and each that is simply there."""
    declared = [(str(row.get("alias") or row.get("name")), str(row.get("name"))) for row in _rows(metadata)]
    yield from declared
    start, named = f"{folder}charts/", {name for _, name in declared}
    there = {path[len(start) :].split("/")[0] for path in chart.files if path.startswith(start)}
    yield from ((name, name) for name in sorted(there - named))


def _rows(metadata: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in sequence(metadata.get("dependencies")) if isinstance(row, dict)]


def _yaml(chart: Chart, path: str) -> Mapping[str, Any]:
    """A YAML (or JSON) file of the chart; empty where it is missing or broken: Helm itself says so when it renders."""
    try:
        return mapping(yaml_read.load(chart.files.get(path, "")))
    except ValueError:
        return {}


def _references(templates: list[str]) -> References:
    text = "\n".join(templates)
    paths = {tuple(found[1:].split(".")) for found in _REFERENCE.findall(text)}
    for dotted, keys in _INDEX.findall(text):
        paths.add((*filter(None, dotted.split(".")), *re.findall(r'"([^"]+)"', keys)))
    return References(frozenset(paths), frozenset(_WORD.findall(text)))


def leaves(values: Mapping[str, Any], path: ValuesPath = ()) -> Iterator[tuple[ValuesPath, Any]]:
    """Each path that somebody set, with its value; an empty map or a list is one leaf."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, str(key)))
        else:
            yield (*path, str(key)), value


def lookup(values: Mapping[str, Any], path: ValuesPath, default: Any = None) -> Any:
    """The value at ``path``, or ``default`` where a step is missing."""
    value: Any = values
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return default
        value = value[step]
    return value


@dataclass(frozen=True, slots=True)
class DefaultChange:
    """A default that differs between two versions. ``path`` is below ``file``; ``ours`` is where we would set it."""

    file: str
    path: ValuesPath
    ours: ValuesPath
    old: Any = field(hash=False)
    new: Any = field(hash=False)
    set_by_us: bool = False
    removed: bool = False
    added: bool = False

    @property
    def same_type(self) -> bool:
        return type(self.old) is type(self.new)


def changed_defaults(upgrade: Upgrade) -> tuple[DefaultChange, ...]:
    """Each default that differs, in the chart and in every dependency that both versions have, topmost paths only."""
    old, new = upgrade.before.chart, upgrade.after.chart
    if old is None or new is None or old.defaults is new.defaults:
        return ()
    set_paths = frozenset(path for layer in upgrade.after.values for path, _ in leaves(layer.data))
    return tuple(_scopes(scope_of(old), scope_of(new), (), set_paths))


def _scopes(old: Scope, new: Scope, prefix: ValuesPath, ours: frozenset[ValuesPath]) -> Iterator[DefaultChange]:
    for path, before, after in _differences(old.defaults, new.defaults, ()):
        full = prefix + path
        hit = any(full[: len(one)] == one or one[: len(full)] == full for one in ours)
        gone, came = before is not _ABSENT and after is _ABSENT, before is _ABSENT
        yield DefaultChange(
            new.file, path, full, None if came else before, None if gone else after, hit, removed=gone, added=came
        )
    for key in sorted(old.children.keys() & new.children.keys()):
        yield from _scopes(old.children[key], new.children[key], (*prefix, key), ours)


_ABSENT = object()


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], path: ValuesPath
) -> Iterator[tuple[ValuesPath, Any, Any]]:
    for key in sorted({*old, *new}):
        before, after = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if isinstance(before, dict) and isinstance(after, dict) and before and after:
            yield from _differences(before, after, (*path, key))
        elif type(before) is not type(after) or before != after:
            yield (*path, key), before, after
