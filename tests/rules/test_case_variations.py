"""Variations of known upgrades (tests/data/case_variations.yaml): each kind is judged right, and not one example."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import rules
from pipeline.core.judge.case_findings import upgrade
from pipeline.core.judge.judge import judge
from pipeline.core.risk.finding import Severity
from pipeline.core.risk.rule import Case

FILE = Path(__file__).parents[1] / "data" / "case_variations.yaml"
RULES = rules.load()
TRIES = [
    pytest.param(group, one, id=f"{group['case']}, {number}")
    for group in yaml.safe_load(FILE.read_text())
    for number, one in enumerate(group["tries"], 1)
]


def manifest(group: dict[str, Any], side: str) -> str:
    text: str = group["both"]
    for mark, part in zip(("$X", "$Y", "$Z"), side.split(" | "), strict=False):
        text = text.replace(mark, "" if part.strip() == "-" else part.strip())
    return text


@pytest.mark.parametrize(("group", "one"), TRIES)
def test_the_kind_is_judged_right(group: dict[str, Any], one: dict[str, Any]) -> None:
    before, after = (manifest(group, one[side]) for side in ("before", "after"))
    target = one.get("target", group.get("target"))
    facts = {"target": (1, target)} if target else {}
    case = Case("", before, after, facts=facts)
    found = judge(upgrade(case), RULES).findings
    said = {f"{finding.rule} {finding.severity.label}" for finding in found}
    match str(one["says"]):
        case "no finding":
            assert not said
        case "nothing":
            assert not {str(one.rule) for one in found if one.severity > Severity.LOW}
        case rule if rule.startswith("no "):
            assert rule.removeprefix("no ") not in {finding.rule for finding in found}
        case wanted:
            assert said & set(wanted.split(", "))
