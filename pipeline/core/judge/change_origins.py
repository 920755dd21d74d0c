"""Whose change it is: the chart's, our values' or our overlay's. Where that cannot be told, nothing is said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pipeline.core.diff.change import Action, FieldChange, Op, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource

if TYPE_CHECKING:
    from pipeline.core.risk.upgrade import Side

_SHORTEST = 4
"""Characters of a value of ours that is sought within a text, such as a tag within an image."""


class ChangeOrigin(StrEnum):
    CHART = "chart"
    VALUES = "values"
    OVERLAY = "overlay"
    UNKNOWN = ""
    """More than one of them changed, or none: then the cluster's version, Helm or another release did it."""


@dataclass(frozen=True, slots=True)
class ChangeOrigins:
    """``whole`` is that of an object that comes or goes; ``fields`` are those of its changed paths."""

    whole: ChangeOrigin = ChangeOrigin.UNKNOWN
    fields: tuple[ChangeOrigin, ...] = ()


NO_ORIGINS = ChangeOrigins()


class _Inputs:
    """What differs between the inputs of two renders. Not frozen: compares values when it is first asked."""

    def __init__(self, before: "Side", after: "Side", *, more: bool) -> None:
        self.before, self.after, self.more = before, after, more
        self.known = before.chart is not None and after.chart is not None
        old, new = (side.chart.digest if side.chart is not None else "" for side in (before, after))
        self.chart = not old or not new or old != new
        self.values = [layer.data for layer in before.values] != [layer.data for layer in after.values]
        self.effects = [_by_object(side) for side in (before, after)]
        self._changed: Mapping[str, tuple[Any, ...]] | None = None
        self._moves: set[tuple[str, str]] = set()

    def elsewhere(self, change: FieldChange) -> ChangeOrigin:
        """Of a path that no overlay touches."""
        if not self.known or not (self.chart or self.values):
            return ChangeOrigin.UNKNOWN
        if self.more or (self.chart and self.values):
            return ChangeOrigin.VALUES if self._is_ours(change) else ChangeOrigin.UNKNOWN
        return ChangeOrigin.CHART if self.chart else ChangeOrigin.VALUES

    def _is_ours(self, change: FieldChange) -> bool:
        """Whether what stands there now is a value that we changed.

        It stands under a key of its name, or took the place of what the value was before, or is a part of a text.
        """
        from pipeline.core.charts.known_values import leaves  # noqa: PLC0415 - 0.1 s that no report shown again needs
        from pipeline.core.charts.values import overlaid  # noqa: PLC0415

        if self._changed is None:
            old = dict(leaves(overlaid(self.before.values)))
            values_of: dict[str, tuple[Any, ...]] = {}
            for path, value in leaves(overlaid(self.after.values)):
                if path not in old or repr(old[path]) != repr(value):
                    values_of[path[-1]] = (*values_of.get(path[-1], ()), value)
                    self._moves.add((str(old.get(path)), str(value)))
            self._changed = values_of
        key = next((step for step in reversed(change.path) if isinstance(step, str)), "")
        if any(type(value) is type(change.new) and value == change.new for value in self._changed.get(key, ())):
            return True
        if change.op is Op.CHANGED and (str(change.old), str(change.new)) in self._moves:
            return True
        said = change.new if isinstance(change.new, str) else ""
        texts = (str(value) for several in self._changed.values() for value in several)
        return any(len(text) >= _SHORTEST and text in said for text in texts)


def change_origins(
    changes: tuple[ResourceChange, ...], before: "Side", after: "Side", *, more: bool = False
) -> Iterator[ChangeOrigins]:
    """For each change. ``more`` says that the renders differ in something else, such as the cluster's version."""
    sides = _Inputs(before, after, more=more)
    for change in changes:
        if change.action in (Action.ADDED, Action.REMOVED):
            field = FieldChange((), Op.ADDED if change.action is Action.ADDED else Op.REMOVED)
            yield ChangeOrigins(_origin(change, field, sides))
        else:
            yield ChangeOrigins(fields=tuple(_origin(change, field, sides) for field in change.fields))


def _origin(change: ResourceChange, field: FieldChange, sides: _Inputs) -> ChangeOrigin:
    several = zip((change.before, change.after), sides.effects, strict=True)
    own = (path for rid, effects in several for path in _effects_on(rid, change, effects))
    if any(_plain(path) == _plain(field.path[: len(path)]) for path in own):
        return ChangeOrigin.OVERLAY
    return sides.elsewhere(field)


def _effects_on(side: Resource | None, change: ResourceChange, effects: Mapping[Any, list[Path]]) -> list[Path]:
    """Those on the object; where it is gone from this side, an overlay may have removed it."""
    return effects.get(side.id if side is not None else change.id, [])


def _by_object(side: "Side") -> dict[Any, list[Path]]:
    paths_of: dict[Any, list[Path]] = {}
    for effect in side.notes.overlaid or ():
        paths_of.setdefault(effect.id, []).append(effect.path)
    return paths_of


def _plain(path: Path) -> Path:
    """An index does not identify an entry."""
    return tuple(-1 if isinstance(step, int) else step for step in path)
