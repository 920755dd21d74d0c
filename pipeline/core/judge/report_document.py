"""report.json as types: what every presentation reads, whether it comes from a run or from a file.

The names and shapes are those of ``data/report.schema.json``, which is the published contract; a test compares the
two. Unknown fields are ignored, because later versions may add some.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, convert, to_builtins

from pipeline.core.diff.change import Action, Op
from pipeline.core.judge.mesh_entry import MeshEntry
from pipeline.core.judge.report import Verdict
from pipeline.core.judge.report_counts import LevelCounts, NonNegative, ObjectCounts, Rollouts
from pipeline.core.kube.path import from_json
from pipeline.core.risk.finding import Confidence, NotEvaluated, Place, ResourceRef, Waiver
from pipeline.core.risk.levels import LEVELS, Level

EntryKey = Annotated[dict[str, str | int | float | bool | None], Meta(min_length=1)]
ReportPath = tuple[str | NonNegative | EntryKey, ...]
"""A path: map keys, list indexes, and list entries by their merge key."""


class HelmInfo(Struct, frozen=True):
    engine: str
    version: str


class ToolInfo(Struct, frozen=True):
    name: str
    version: str
    helm: HelmInfo


class ComparedSides(Struct, frozen=True):
    old: str
    new: str
    environment: str
    kube_version: str


class Summary(Struct, frozen=True):
    releases: NonNegative
    added: NonNegative
    changed: NonNegative
    removed: NonNegative
    findings: LevelCounts
    waived: NonNegative
    not_evaluated: NonNegative
    unaccounted: NonNegative
    rollouts: Rollouts


class LinkEntry(Struct, frozen=True):
    name: str
    url: str


class ChartVersions(Struct, frozen=True):
    name: str
    old_version: str
    new_version: str
    old_digest: str
    new_digest: str
    links: tuple[LinkEntry, ...] = ()


class ReleaseEntry(Struct, frozen=True):
    name: str
    environment: str
    namespace: str
    chart: ChartVersions
    status: Literal["ok", "failed"]
    objects: ObjectCounts
    digest: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.environment, self.name


class ResourceEntry(Struct, frozen=True, omit_defaults=True):
    group: str
    version: str
    kind: str
    name: str
    namespace: str = ""

    @property
    def ref(self) -> ResourceRef:
        return ResourceRef(self.group, self.version, self.kind, self.namespace, self.name)


class PlaceEntry(Struct, frozen=True):
    resource: ResourceEntry
    path: ReportPath


class FieldEntry(Struct, frozen=True, omit_defaults=True):
    """One changed path; ``old`` and ``new`` are UNSET on the side that lacks it. ``noise`` says why it is ignored.

    ``origin`` says whose change it is: ``chart``, ``values``, ``overlay``, or empty where that is not known.
    """

    path: ReportPath
    op: Op
    old: Any = UNSET
    new: Any = UNSET
    noise: str = ""
    origin: str = ""


class ChangeEntry(Struct, frozen=True):
    """``unaccounted`` holds the indexes into ``fields`` that no rule explains; ``(-1,)`` is the object as a whole."""

    release: str
    resource: ResourceEntry
    action: Action
    fields: tuple[FieldEntry, ...]
    environment: str = ""
    unaccounted: tuple[Annotated[int, Meta(ge=-1)], ...] = ()
    old_resource: ResourceEntry | UnsetType = UNSET
    origin: str | UnsetType = UNSET
    """As of a field; of an object that comes or goes."""

    @property
    def key(self) -> tuple[str, str]:
        return self.environment, self.release

    @property
    def telling(self) -> tuple[FieldEntry, ...]:
        """The fields that are more than version labels and the like."""
        return tuple(field for field in self.fields if not field.noise)


class FindingEntry(Struct, frozen=True, rename={"impact": "why", "fix": "remedy"}):
    """In the file, ``impact`` is called ``why`` and ``fix`` is called ``remedy``, as they were before."""

    rule: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\Z")]
    category: str
    severity: Level
    confidence: Confidence
    release: str
    resource: ResourceEntry
    path: ReportPath
    also: tuple[PlaceEntry, ...]
    title: str
    impact: str
    fix: str
    evidence: tuple[str, ...]
    waived: Waiver | None
    fingerprint: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}\Z")]
    environment: str = ""
    commands: tuple[str, ...] = ()
    environments: tuple[str, ...] | UnsetType = UNSET
    """All of them, where one finding is of several; ``environment`` is the first."""

    @property
    def of_environments(self) -> tuple[str, ...]:
        return (self.environment,) if self.environments is UNSET else self.environments

    @property
    def keys(self) -> frozenset[tuple[str, str]]:
        """The releases that it is of, each by its environment and its name."""
        return frozenset((environment, self.release) for environment in self.of_environments)

    @property
    def resources(self) -> tuple[ResourceEntry, ...]:
        """The objects that it is about, its own first."""
        return (self.resource, *(place.resource for place in self.also))

    @property
    def order(self) -> tuple[int, str, str, str, str, str]:
        """Worst first, then by where it is: the order of core/judge/report.py."""
        place = str(Place(self.resource.ref, from_json(list(self.path))))
        return LEVELS.index(self.severity), self.environment, self.release, self.rule, place, self.title


class ErrorEntry(Struct, frozen=True):
    """A release that does not render. ``line`` counts from 1; 0 is unknown."""

    release: str
    chart: str
    template: str
    line: NonNegative
    message: str
    environment: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.environment, self.release

    @property
    def where(self) -> str:
        return f"{self.template}:{self.line}" if self.template else self.chart


class Digests(Struct, frozen=True):
    render: Annotated[str, Meta(pattern=r"^(sha256:[0-9a-f]{64})?\Z")]


class ReportDocument(Struct, frozen=True):
    """The whole of report.json. No secret value is in it: it was masked when it was made."""

    schema: Literal["pipeline.report/v1"]
    tool: ToolInfo
    compared: ComparedSides
    verdict: Verdict
    summary: Summary
    releases: tuple[ReleaseEntry, ...]
    changes: tuple[ChangeEntry, ...]
    findings: tuple[FindingEntry, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    errors: tuple[ErrorEntry, ...]
    digests: Digests
    mesh: tuple[MeshEntry, ...] | UnsetType = UNSET


def from_data(data: Any) -> ReportDocument:
    """The document from plain JSON values.

    Raises:
        ValueError: they are not a report; its text names the value (``… at `$.summary.added```).
    """
    return convert(data, ReportDocument)


def to_data(document: ReportDocument) -> dict[str, Any]:
    """The document as plain values for an encoder of JSON; its lists are tuples."""
    return dict(to_builtins(document))
