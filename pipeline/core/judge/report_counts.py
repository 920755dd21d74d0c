"""The numbers of report.json as types."""

from typing import Annotated

from msgspec import Meta, Struct

from pipeline.core.risk.levels import Level

NonNegative = Annotated[int, Meta(ge=0)]


class LevelCounts(Struct, frozen=True):
    """How many findings of each severity are not waived."""

    blocker: NonNegative
    high: NonNegative
    medium: NonNegative
    low: NonNegative
    info: NonNegative

    def of(self, level: Level) -> int:
        number: int = getattr(self, level)
        return number


class Rollouts(Struct, frozen=True):
    workloads: NonNegative
    replicas: NonNegative
    daemon_sets: NonNegative = 0
    operated: NonNegative = 0


class ObjectCounts(Struct, frozen=True):
    added: NonNegative
    changed: NonNegative
    removed: NonNegative
    unchanged: NonNegative

    @property
    def said(self) -> str:
        """``2 added, 1 removed``; empty where nothing changes."""
        counts = (("added", self.added), ("changed", self.changed), ("removed", self.removed))
        return ", ".join(f"{number} {word}" for word, number in counts if number)
