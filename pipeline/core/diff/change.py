"""The differences between two renders: the flat, typed changes that rules read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.core.kube.path import MISSING, Path, matches
from pipeline.core.kube.resource import Resource, ResourceId


class Op(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"


class Action(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One path that differs. ``old`` is MISSING where it was added, ``new`` where it was removed.

    A subtree that comes or goes whole is one change at its root, with the subtree as value.
    """

    path: Path
    op: Op
    old: Any = field(default=MISSING, hash=False)
    new: Any = field(default=MISSING, hash=False)
    noise: str = ""
    """Why this says nothing about risk ("chart version label"), empty for a real change."""

    def under(self, *pattern: str) -> bool:
        return matches(self.path, pattern)


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One object that an upgrade adds, removes or edits. ``fields`` is empty unless both sides exist."""

    id: ResourceId
    action: Action
    before: Resource | None
    after: Resource | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def resource(self) -> Resource:
        """The newer side there is: what a message names."""
        resource = self.after or self.before
        assert resource is not None, "BUG: a change of nothing"
        return resource

    def under(self, *pattern: str) -> Iterator[FieldChange]:
        """The changed paths at or below ``pattern`` (``*`` is any one step), noise left out."""
        return (change for change in self.fields if not change.noise and matches(change.path, pattern))


@dataclass(frozen=True, slots=True)
class Diff:
    """Everything that differs, sorted by identity; equal input gives an equal Diff."""

    changes: tuple[ResourceChange, ...] = ()

    def by_id(self) -> dict[ResourceId, ResourceChange]:
        return {change.id: change for change in self.changes}

    def of_action(self, *actions: Action) -> Iterator[ResourceChange]:
        return (change for change in self.changes if change.action in actions)
