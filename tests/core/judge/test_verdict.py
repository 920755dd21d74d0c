"""The verdict is the worst that counts."""

import pytest

from pipeline.core.diff.change import Action, ResourceChange
from pipeline.core.judge.report import ReleaseChange, RenderFailure, Report, Verdict
from pipeline.core.judge.verdict import with_verdict
from pipeline.core.kube.resource import Resource
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity, Waiver

CHANGE = ResourceChange(Resource.of({}).id, Action.ADDED, None, Resource.of({}))


def finding(severity: Severity, confidence: Confidence = Confidence.PROVEN, waiver: Waiver | None = None) -> Finding:
    place = Place(ResourceRef("", "v1", "Service", "shop", "web"))
    return Finding("r", "c", severity, confidence, "web", place, "t", "w", "r", waived=waiver)


def verdict(*findings: Finding, unaccounted: tuple[int, ...] = (), errors: tuple[RenderFailure, ...] = ()) -> Verdict:
    changes = (ReleaseChange("web", CHANGE, "", unaccounted),)
    report = Report("old", "new", "", "", changes=changes, findings=findings, errors=errors)
    return with_verdict(report, Severity.HIGH).verdict


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], Verdict.SAFE),
        ([finding(Severity.LOW)] * 600, Verdict.SAFE),
        ([finding(Severity.MEDIUM)], Verdict.REVIEW),
        ([finding(Severity.BLOCKER, Confidence.LIKELY)], Verdict.REVIEW),
        ([finding(Severity.HIGH)], Verdict.BLOCKED),
        ([finding(Severity.BLOCKER, waiver=Waiver("known", "platform", "2027-01-01"))], Verdict.SAFE),
    ],
)
def test_worst_finding_that_counts(given: list[Finding], expected: Verdict) -> None:
    assert verdict(*given) is expected


def test_an_unexplained_change_asks_for_review() -> None:
    assert verdict(unaccounted=(-1,)) is Verdict.REVIEW


def test_a_failed_render_is_never_no_changes() -> None:
    error = RenderFailure("web", "web-1.0.0", "templates/x.yaml", 3, "nil pointer")
    assert verdict(errors=(error,)) is Verdict.FAILED


def test_nothing_changed() -> None:
    assert with_verdict(Report("old", "new", "", ""), Severity.HIGH).verdict is Verdict.NO_CHANGES
