"""Merges one fact in several environments into one finding that names them all and is counted once."""

import msgspec
from msgspec.structs import replace

from pipeline.core.judge.report_counts import LevelCounts
from pipeline.core.judge.report_document import FindingEntry, ReportDocument
from pipeline.core.risk.levels import LEVELS


def in_one(report: ReportDocument) -> ReportDocument:
    """The report with findings that differ in their environment alone as one, placed where the first of them stood."""
    groups: dict[bytes, list[FindingEntry]] = {}
    for finding in report.findings:
        alike = replace(finding, environment="", environments=msgspec.UNSET, fingerprint="0" * 12)
        groups.setdefault(msgspec.json.encode(alike), []).append(finding)
    if len(groups) == len(report.findings):
        return report
    kept = tuple(sorted((_joined(group) for group in groups.values()), key=lambda finding: finding.order))
    waived = sum(bool(kept_finding.waived) for kept_finding in report.findings) - sum(bool(one.waived) for one in kept)
    counts = LevelCounts(*(sum(f.severity == level and not f.waived for f in kept) for level in LEVELS))
    summary = replace(report.summary, findings=counts, waived=report.summary.waived - waived)
    return replace(report, findings=kept, summary=summary)


def _joined(group: list[FindingEntry]) -> FindingEntry:
    """With the environments in order; the fingerprint is that of the first one's finding."""
    if len(group) == 1:
        return group[0]
    first = min(group, key=lambda finding: finding.environment)
    return replace(first, environments=tuple(sorted({name for one in group for name in one.of_environments})))
