"""Findings about files of the new side that differ from what ``pipeline render`` wrote."""

from collections.abc import Iterable
from dataclasses import replace

from pipeline.core.judge.report import Report, Verdict, finding_order
from pipeline.core.render.hand_edits import HandEdit, HandEditKind
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity
from pipeline.core.words import agreeing, counted, listed

_CALM = (Verdict.NO_CHANGES, Verdict.SAFE)
_SHOWN = 20
_WHAT = {
    HandEditKind.EDITED: "edited by hand",
    HandEditKind.REMOVED: "removed by hand",
    HandEditKind.ADDED: "added by hand, not rendered",
    HandEditKind.CONVERTED: "given other line ends than they were rendered with",
}
_WHY = "The next render writes what the charts, values and overlays give: what is compared here does not last."
_WHY_ADDED = "It is compared with nothing here, and pipeline does not apply it; whatever applies the whole folder does."
_REMEDY = "rendered/: run pipeline render, and make lasting changes in values/ and overlays/."
_REMEDY_ADDED = "rendered/: remove the file, or let an overlay add its object."


def with_hand_edits(report: Report, edits: Iterable[HandEdit]) -> Report:
    """The report with a finding for each kind of edit. A person looks: such a tree is never safe without review."""
    kinds: dict[HandEditKind, list[str]] = {}
    for edit in edits:
        kinds.setdefault(edit.kind, []).append(edit.path)
    if not kinds:
        return report
    findings = [_finding(kind, paths) for kind, paths in kinds.items()]
    verdict = Verdict.REVIEW if report.verdict in _CALM else report.verdict
    return replace(report, findings=tuple(sorted((*report.findings, *findings), key=finding_order)), verdict=verdict)


def _finding(kind: HandEditKind, paths: list[str]) -> Finding:
    added, number = kind is HandEditKind.ADDED, len(paths)
    return Finding(
        "hand-edit",
        "config",
        Severity.HIGH,
        Confidence.HINT,
        "",
        Place(ResourceRef("", "", "File", "", paths[0])),
        f"{counted(number, 'file')} below rendered/ {agreeing(number, 'was')} {_WHAT[kind]}: {listed(paths, 3)}",
        _WHY_ADDED if added else _WHY,
        _REMEDY_ADDED if added else _REMEDY,
        evidence=tuple(paths[:_SHOWN]),
    ).with_fingerprint()
