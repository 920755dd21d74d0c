"""What is said of several environments alike is said once, and what differs in anything else is not."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.core.judge.merge_reports import merge
from pipeline.core.judge.report import Report
from pipeline.core.judge.report_document import ReportDocument
from pipeline.core.risk.finding import Confidence, Finding, Place, ResourceRef, Severity, Waiver
from pipeline.report.structured import document

ONE = Finding(
    "probe-changed",
    "workload",
    Severity.LOW,
    Confidence.PROVEN,
    "web",
    Place(ResourceRef("apps", "v1", "Deployment", "shop", "web"), ("spec",)),
    "it changes",
    "why",
    "remedy",
    environment="prod",
    fingerprint="0" * 12,
)


def shown(*findings: Finding) -> ReportDocument:
    return document(Report("a", "b", "prod", "1.34", findings=findings))


def test_equal_findings_of_two_environments_are_one_with_both() -> None:
    report = shown(ONE, replace(ONE, environment="valt", fingerprint="1" * 12))
    (found,) = report.findings
    assert (found.environment, found.environments, found.fingerprint) == ("prod", ("prod", "valt"), "0" * 12)
    assert found.keys == {("prod", "web"), ("valt", "web")}
    assert report.summary.findings.low == 1


@pytest.mark.parametrize(
    "other",
    [
        {"severity": Severity.HIGH},
        {"title": "it changes too"},
        {"release": "api"},
        {"place": Place(ONE.place.resource, ("spec", "a"))},
        {"confidence": Confidence.LIKELY},
        {"waived": Waiver("reason", "ada", "2999-01-01")},
        {"evidence": ("something",)},
    ],
)
def test_what_differs_in_anything_else_stays_apart(other: dict[str, Any]) -> None:
    report = shown(ONE, replace(ONE, environment="valt", **other))
    assert len(report.findings) == 2


def test_shards_that_hold_one_environment_each_merge_into_the_same() -> None:
    other = replace(ONE, environment="valt", fingerprint="1" * 12)
    third = replace(ONE, environment="vault", fingerprint="2" * 12)
    whole = shown(ONE, other, third)
    for parts in (
        (shown(ONE), shown(other, third)),
        (shown(other), shown(ONE, third)),
        (shown(third), shown(ONE, other)),
    ):
        merged = merge(parts)
        assert merged.findings == whole.findings
        assert merged.summary == whole.summary
