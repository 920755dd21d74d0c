"""Which default values of a chart and its dependencies differ between two versions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.charts.known_values import ChartValues, leaves, scope_of
from pipeline.core.charts.template_reads import ValuesPath
from pipeline.core.charts.values import merge_maps
from pipeline.core.kube.path import MISSING, get
from pipeline.core.kube.resource import mapping
from pipeline.core.risk.upgrade import Upgrade


@dataclass(frozen=True, slots=True)
class DefaultChange:
    """A default that differs between versions. ``path`` is below ``file``; ``own_path`` is where we would set it."""

    file: str
    path: ValuesPath
    own_path: ValuesPath
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
    return tuple(_scopes(scope_of(old), scope_of(new), (), set_paths, ({}, {})))


def _scopes(
    old: ChartValues,
    new: ChartValues,
    prefix: ValuesPath,
    set_here: frozenset[ValuesPath],
    over: tuple[Mapping[str, Any], ...],
) -> Iterator[DefaultChange]:
    """``over`` is what the charts above set here, before and after: where both do, the default has no effect."""
    for path, before, after in _differences(old.defaults, new.defaults, ()):
        if all(get(layer_values, path) is not MISSING for layer_values in over):
            continue
        full = prefix + path
        hit = any(full[: len(path_set)] == path_set or path_set[: len(full)] == full for path_set in set_here)
        removed, added = before is not MISSING and after is MISSING, before is MISSING
        yield DefaultChange(
            new.file,
            path,
            full,
            None if added else before,
            None if removed else after,
            hit,
            removed=removed,
            added=added,
        )
    for key in sorted(old.children.keys() & new.children.keys()):
        above = zip((old.defaults, new.defaults), over, strict=True)
        below = tuple(merge_maps(mapping(own.get(key)), mapping(higher.get(key))) for own, higher in above)
        yield from _scopes(old.children[key], new.children[key], (*prefix, key), set_here, below)


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], path: ValuesPath
) -> Iterator[tuple[ValuesPath, Any, Any]]:
    for key in sorted({*old, *new}):
        before, after = old.get(key, MISSING), new.get(key, MISSING)
        if isinstance(before, dict) and isinstance(after, dict) and before and after:
            yield from _differences(before, after, (*path, key))
        elif type(before) is not type(after) or before != after:
            yield (*path, key), before, after
