"""Merges the reports of shards into the one that an unsharded run would have written."""

from collections.abc import Iterable, Sequence

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pipeline.core.errors import UsageError
from pipeline.core.judge.mesh_entry import MeshEntry
from pipeline.core.judge.report import Verdict, combined_digest
from pipeline.core.judge.report_counts import LevelCounts, Rollouts
from pipeline.core.judge.report_document import (
    ChangeEntry,
    ComparedSides,
    Digests,
    FindingEntry,
    ReportDocument,
    Summary,
)
from pipeline.core.judge.same_findings import in_one
from pipeline.core.risk.finding import NotEvaluated
from pipeline.core.risk.levels import LEVELS

_ORDER = (Verdict.FAILED, Verdict.BLOCKED, Verdict.REVIEW, Verdict.SAFE, Verdict.NO_CHANGES)
_IDLE = "waiver-unused"


def merge(reports: Sequence[ReportDocument]) -> ReportDocument:
    """One report of several: releases, changes and findings together, in their usual order.

    Raises:
        UsageError: none were given, or they compare different things.
    """
    if not reports:
        raise UsageError("no report was given", hint="pipeline report shard-*.json -o …")
    first = reports[0]
    if len(reports) == 1:
        return first
    for other in reports[1:]:
        if _sides(other) != _sides(first):
            raise UsageError("the reports are of different comparisons", hint="merge shards of one run only")
    releases = sorted((item for report in reports for item in report.releases), key=lambda item: item.key)
    merged = replace(
        first,
        compared=_compared(reports),
        releases=tuple(releases),
        changes=_changes(reports),
        findings=_findings(reports),
        not_evaluated=_once(gap for report in reports for gap in report.not_evaluated),
        errors=tuple(sorted((item for report in reports for item in report.errors), key=lambda item: item.key)),
        mesh=_mesh(reports),
        verdict=min((report.verdict for report in reports), key=_ORDER.index),
        digests=Digests(combined_digest((*item.key, item.digest) for item in releases if item.digest)),
    )
    return in_one(replace(merged, summary=_summary(merged, [report.summary for report in reports])))


def _sides(report: ReportDocument) -> tuple[str, str]:
    return report.compared.old, report.compared.new


def _compared(reports: Sequence[ReportDocument]) -> ComparedSides:
    sides = [report.compared for report in reports]
    return replace(
        sides[0],
        environment=_joined(side.environment for side in sides),
        kube_version=_joined(side.kube_version for side in sides),
    )


def _joined(lists: Iterable[str]) -> str:
    return ",".join(sorted({word for text in lists for word in text.split(",") if word}))


def _changes(reports: Iterable[ReportDocument]) -> tuple[ChangeEntry, ...]:
    """A stable sort: within a release, changes keep the order of its shard."""
    return tuple(sorted((change for report in reports for change in report.changes), key=lambda change: change.key))


def _findings(reports: Sequence[ReportDocument]) -> tuple[FindingEntry, ...]:
    """In the order of core/judge/report.py. A waiver is unused only where it is so in every shard."""
    idle = [{finding.fingerprint for finding in report.findings if finding.rule == _IDLE} for report in reports]
    everywhere = set.intersection(*idle)
    kept: dict[tuple[object, ...], FindingEntry] = {}
    for finding in (finding for report in reports for finding in report.findings):
        if finding.rule != _IDLE or finding.fingerprint in everywhere:
            kept.setdefault((finding.order, 0 if finding.category == "policy" else len(kept)), finding)
    return tuple(sorted(kept.values(), key=lambda finding: finding.order))


def _once(gaps: Iterable[NotEvaluated]) -> tuple[NotEvaluated, ...]:
    unique = {(gap.rule, gap.needs): gap for gap in gaps}
    return tuple(unique[key] for key in sorted(unique))


def _mesh(reports: Sequence[ReportDocument]) -> tuple[MeshEntry, ...] | UnsetType:
    """Each shard computes whole meshes, so the same row comes of several."""
    rows = dict.fromkeys(row for report in reports if report.mesh is not UNSET for row in report.mesh)
    return tuple(rows) or UNSET


def _summary(merged: ReportDocument, parts: Sequence[Summary]) -> Summary:
    open_ = [finding for finding in merged.findings if not finding.waived]
    return Summary(
        releases=len(merged.releases),
        added=sum(part.added for part in parts),
        changed=sum(part.changed for part in parts),
        removed=sum(part.removed for part in parts),
        findings=LevelCounts(*(sum(finding.severity == level for finding in open_) for level in LEVELS)),
        waived=sum(part.waived for part in parts),
        not_evaluated=len(merged.not_evaluated),
        unaccounted=sum(part.unaccounted for part in parts),
        rollouts=Rollouts(
            workloads=sum(part.rollouts.workloads for part in parts),
            replicas=sum(part.rollouts.replicas for part in parts),
            daemon_sets=sum(part.rollouts.daemon_sets for part in parts),
            operated=sum(part.rollouts.operated for part in parts),
        ),
    )
