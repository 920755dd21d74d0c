"""What a risk rule is. A rule is one file; its id is the file's name, its category the folder's.

A rule never walks trees: per-object rules get one typed ResourceChange of the kinds they name, whole-upgrade rules
get the Upgrade. Both yield Hits; the engine (core/judge/judge.py) turns them into Findings and records the paths
that they explain.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.core.diff.change import FieldChange, Op, ResourceChange
from pipeline.core.kube.path import Path
from pipeline.core.kube.resource import Resource, ResourceId
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity
from pipeline.core.risk.option import RuleOption
from pipeline.core.risk.upgrade import Upgrade


class Need(StrEnum):
    """Input beyond the two renders. A rule whose need is missing is listed as not evaluated."""

    TARGET = "target Kubernetes version"
    LIVE = "live cluster"
    REPOSITORY = "repository"
    CHART = "chart"
    SECOND_RENDER = "second render"
    OVERLAY = "overlay's effects (render once more)"


@dataclass(frozen=True, slots=True)
class Claim:
    """A path that a rule explains, with everything below it unless ``alone``. ``()`` explains the whole object."""

    id: ResourceId
    path: Path = ()
    alone: bool = False

    @classmethod
    def of(cls, change: ResourceChange, field_change: FieldChange) -> "Claim":
        """One changed path. Who speaks of a list's order explains none of its entries."""
        return cls(change.id, field_change.path, field_change.op is Op.REORDERED)


@dataclass(frozen=True, slots=True)
class Hit:
    """What a check yields. ``severity`` and ``confidence`` default to the rule's own.

    ``title`` is what changed (old, new) in one line; ``impact`` what breaks; ``fix`` what to do. ``also`` lists the
    other places of the same fact. ``claims`` are the paths explained; where empty, those of ``place`` and ``also``.
    """

    place: Place
    title: str
    impact: str
    fix: str
    severity: Severity | None = None
    confidence: Confidence | None = None
    also: tuple[Place, ...] = ()
    alike: tuple[Place, ...] = ()
    """Those of ``also`` of which the same is said as of ``place``."""
    evidence: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    commands: tuple[str, ...] = ()
    """Whole command lines that ``fix`` speaks of, ready to copy."""


EachCheck = Callable[[ResourceChange, Upgrade], Iterator[Hit]]
WholeCheck = Callable[[Upgrade], Iterator[Hit]]


LastCheck = Callable[[Upgrade, Sequence[Finding], Mapping[ResourceId, tuple[int, ...]]], Iterator[Hit]]
"""Asked when all others have spoken: the upgrade, what they found, and per object the fields that none explains (by
index; ``(-1,)`` is the object as a whole). It explains nothing itself."""


@dataclass(frozen=True, slots=True)
class Case:
    """A before/after pair: the rule's test, and its example in the docs.

    ``before`` and ``after`` are YAML streams. ``expect`` holds ``(severity label, path text)`` of each finding, in
    the engine's order; empty means the rule stays quiet. ``facts`` are keyword arguments for Facts; ``sides`` maps
    "before" and "after" to keyword arguments for Side.
    """

    title: str
    before: str = ""
    after: str = ""
    expect: tuple[tuple[str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict, hash=False)
    sides: dict[str, Any] = field(default_factory=dict, hash=False)
    beside: tuple[str, ...] = ()
    """Ids of rules that are judged as well; what they find is not part of ``expect``."""


def speaks(title: str, *expect: tuple[str, str], before: str = "", after: str = "", **more: Any) -> Case:
    """A case in which the rule must report exactly ``expect``."""
    return Case(title, before, after, expect, more.get("facts", {}), more.get("sides", {}), more.get("beside", ()))


def quiet(title: str, *, before: str = "", after: str = "", **more: Any) -> Case:
    """A case in which the rule must say nothing."""
    return Case(title, before, after, (), more.get("facts", {}), more.get("sides", {}), more.get("beside", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule file's one export, ``RULE``. Exactly one of ``each``, ``whole`` and ``last`` is set.

    ``kinds`` limits ``each`` to objects of those kinds (empty: all). ``severity`` is the base; a hit may differ.
    """

    module: str
    doc: str | None
    severity: Severity
    confidence: Confidence = Confidence.PROVEN
    cases: tuple[Case, ...]
    each: EachCheck | None = None
    whole: WholeCheck | None = None
    last: LastCheck | None = None
    kinds: frozenset[str] = frozenset()
    needs: tuple[Need, ...] = ()
    unrendered: bool = False
    """Whether it reads charts and values alone, so that it can judge an upgrade of which a side does not render."""
    compares: bool = False
    """Whether it speaks only of what differs, before and after, among the objects of the release and of the others in
    the repository: where none does, it is not asked."""
    options: tuple[RuleOption[Any], ...] = ()
    """What a team may tell it. The schema of pipeline.yaml lists the same."""
    shares: tuple[str, ...] = ()
    """Ids of rules that may explain a path of its cases as well, since they say something else of it."""

    @property
    def id(self) -> str:
        return self.module.rpartition(".")[2].replace("_", "-")

    @property
    def category(self) -> str:
        return self.module.split(".")[-2].replace("_", "-")


def place(resource: Resource, path: Path = ()) -> Place:
    return Place(ResourceRef.of(resource), path)


def at(change: ResourceChange, field_change: FieldChange | None = None) -> Place:
    """The place of a changed path (or of the object itself), named as the newer side names it."""
    return place(change.resource, field_change.path if field_change else ())
