"""What a real API server (1.37) said to edits: proven blockers where it refused a server-side apply, none elsewhere."""

from functools import cache
from pathlib import Path

import pytest

from pipeline import rules
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.upgrade import Side, Upgrade
from pipeline.core.yaml.reader import load
from tests.rules.server_edits import Edit, edits

MATRIX = Path(__file__).parents[1] / "data" / "mutations" / "matrix.yaml"
RULES = rules.load()


@cache
def answers() -> dict[tuple[str, str], str]:
    return {(row["kind"], row["change"]): row["apply"] for row in load(MATRIX.read_text())}


@pytest.mark.parametrize("edit", list(edits()), ids=lambda edit: f"{edit.base['kind']}: {edit.words}")
def test_the_diff_agrees_with_the_server(edit: Edit) -> None:
    sides = [Side(ManifestSet.of([Resource.of(body)])) for body in edit.sides()]
    diff = compare(sides[0].manifests, sides[1].manifests)
    found = judge(Upgrade("web", "shop", sides[0], sides[1], diff), RULES).findings
    blockers = [one for one in found if one.severity is Severity.BLOCKER and one.confidence is Confidence.PROVEN]
    answer = answers()[edit.base["kind"], edit.words]
    assert bool(blockers) == (answer != "ok"), answer
