"""The result of one comparison. Its JSON form is core/judge/report_document.py."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline.core.analysis.rollouts import NONE_RESTARTED, Extent
from pipeline.core.charts.release_links import ReleaseLink
from pipeline.core.diff.change import ResourceChange
from pipeline.core.judge.change_origins import NO_ORIGINS, ChangeOrigins
from pipeline.core.judge.mesh_entry import MeshEntry
from pipeline.core.risk.finding import Finding, NotEvaluated

if TYPE_CHECKING:
    from pipeline.core.redaction.mask import Mask

SCHEMA = "pipeline.report/v1"


def _no_mask() -> "Mask":
    from pipeline.core.redaction.mask import Mask  # noqa: PLC0415 - 50 ms that a report shown again does without

    return Mask()


class Verdict(StrEnum):
    NO_CHANGES = "no-changes"
    SAFE = "safe"
    REVIEW = "review"
    BLOCKED = "blocked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RenderFailure:
    """A render that failed: never "no changes". ``line`` counts from 1, 0 is unknown."""

    release: str
    chart: str
    template: str
    line: int
    message: str
    environment: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """One release of one environment. Empty strings where a side has no chart (rendered files only)."""

    name: str
    environment: str
    namespace: str
    chart: str = ""
    old_version: str = ""
    new_version: str = ""
    old_digest: str = ""
    new_digest: str = ""
    status: str = "ok"
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    render_digest: str = ""
    links: tuple[ReleaseLink, ...] = ()
    """Where the chart's publisher says what changed, where its version did."""


def combined_digest(releases: Iterable[tuple[str, str, str]]) -> str:
    """``sha256:…`` of ``(environment, name, digest)`` of every release: equal for a run and for its merged shards."""
    rows = sorted(f"{environment}/{name} {digest}" for environment, name, digest in releases)
    joined = "\n".join(rows)
    return f"sha256:{hashlib.sha256(joined.encode()).hexdigest()}" if rows else ""


def finding_order(finding: Finding) -> tuple[int, str, str, str, str, str]:
    """Worst first, then by where it is."""
    place = str(finding.place)
    return (-finding.severity, finding.environment, finding.release, finding.rule, place, finding.title)


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """A changed object with the release that owns it, and which of its paths no rule explains."""

    release: str
    change: ResourceChange
    environment: str = ""
    unaccounted: tuple[int, ...] = ()
    """Indexes into ``change.fields``; ``(-1,)`` when an added or removed object as a whole is not explained."""
    origins: ChangeOrigins = NO_ORIGINS


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run found out, sorted; equal input gives an equal Report."""

    old: str
    new: str
    environment: str
    kube_version: str
    verdict: Verdict = Verdict.NO_CHANGES
    releases: tuple[ReleaseReport, ...] = ()
    changes: tuple[ReleaseChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_evaluated: tuple[NotEvaluated, ...] = ()
    errors: tuple[RenderFailure, ...] = ()
    helm_engine: str = ""
    helm_version: str = ""
    render_digest: str = ""
    rollouts: Extent = NONE_RESTARTED
    mesh: tuple[MeshEntry, ...] = ()
    mask: "Mask" = field(default_factory=_no_mask, compare=False)
    """What must not be shown, for the presentations' last step."""

    @property
    def unaccounted(self) -> int:
        return sum(len(change.unaccounted) for change in self.changes)
