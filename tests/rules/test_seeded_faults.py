"""Faults that are seeded into a rendered chart are found by their rules, and nothing else is said without a reason."""

import pytest

from pipeline import rules
from scripts.seeded_faults import REASONS, Seeded, manifests, seed_all
from tests.support.tools import corpus, tool

RULES = rules.load()
ALONE = {
    "mass-deletion": "it is about a release of which most goes, and of a chart with the case's objects too little does",
    "rbac-new-kind-without-rights": "a role of the chart that knows everything takes the place of a narrow one",
    "resource-duplicated": "two documents of one name are no longer two once they are a set of objects",
    "values-effect-lost": "a value that stands in another object of the chart as well still has an effect",
}
"""Rules whose every fault a chart around it may undo."""


def _hold(result: Seeded) -> None:
    assert result.score >= 0.95, result.missed
    assert {rule.id for rule in RULES} - result.found <= ALONE.keys()
    assert {other for _, other in +result.extra} <= REASONS.keys()


@pytest.mark.slow
def test_in_the_sample_of_this_repository(request: pytest.FixtureRequest) -> None:
    _hold(seed_all(manifests(request.config.rootpath / "rendered"), RULES))


@pytest.mark.slow
def test_in_a_real_chart() -> None:
    tool("helm")
    _hold(seed_all(manifests(max((corpus() / "charts").glob("argo-cd-*.tgz"))), RULES))
