"""Everything known about one release's upgrade: what a rule may read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.core.charts.chart import Chart, ValuesLayer
from pipeline.core.diff.change import Diff
from pipeline.core.kube.resource import ManifestSet
from pipeline.core.render.nondeterminism import Volatile
from pipeline.core.render.notes import NOTHING, Notes


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the comparison. ``chart`` and ``values`` are absent where only rendered files were given."""

    manifests: ManifestSet
    chart: Chart | None = None
    values: tuple[ValuesLayer, ...] = ()
    warnings: tuple[str, ...] = ()
    """What helm said on stderr while rendering."""
    notes: Notes = NOTHING
    chance: tuple[Volatile, ...] = ()
    """What two renders disagree on, with the values: they are taken out of ``manifests`` before anything compares."""
    overlay: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The overlay's files by their paths in the repository, as they were when it was rendered."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beyond the two renders. Each may be missing; the rules that need it are then not evaluated.

    ``target`` is the Kubernetes version (major, minor) the environment runs, or with ``target_stated`` false the one
    that renders take when no one says. ``capabilities`` says whether the render
    was given a full list of API kinds (only then is a removed API proven). ``repository_before``/``_after`` hold what
    every other release and the in-house manifests render to; ``live`` what the cluster holds.
    """

    target: tuple[int, int] | None = None
    target_stated: bool = True
    capabilities: bool = False
    repository_before: ManifestSet | None = None
    repository_after: ManifestSet | None = None
    live: ManifestSet | None = None
    target_before: tuple[int, int] | None = None
    """The version that the old side was rendered for, where that is another: every object meets the new one."""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """What the environment's policy says to rules: by rule and option."""
    refusal: str = ""
    """What helm says of the new side where that does not render. Only rules that say ``unrendered`` see such a one."""

    @property
    def minor_before(self) -> int:
        """The minor that the old side met; that of the target where the version stays, -1 where none is known."""
        version = self.target_before or self.target
        return version[1] if version else -1


@dataclass(frozen=True, slots=True)
class Upgrade:
    release: str
    namespace: str
    before: Side
    after: Side
    diff: Diff
    facts: Facts = Facts()
    environment: str = ""
    same_objects: bool = False
    """Whether all objects that are known, of the release and of the others, are the same before and after, to the
    letter. What the objects were made of may differ all the same."""
