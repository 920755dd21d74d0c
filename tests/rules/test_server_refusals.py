"""What a real API server answered to single changes of built-in kinds: each refusal is predicted, none is invented."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline import rules
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet, Resource
from pipeline.core.risk.finding import Confidence, Severity
from pipeline.core.risk.upgrade import Facts, Side, Upgrade
from pipeline.core.yaml.reader import load, load_all
from tests.support.tools import corpus

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data" / "mutations"
RULES = [rule for rule in rules.load() if rule.category == "immutable"]


@cache
def bases() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (body["kind"], body["metadata"]["name"]): body for body in load_all((DATA / "base.yaml").read_text()) if body
    }


@cache
def changes() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = load((DATA / "changes.yaml").read_text())["changes"]
    return found


def mutated(change: dict[str, Any]) -> dict[str, Any]:
    body = copy.deepcopy(bases()[change["kind"], change["name"]])
    # The key n reads as false, in the objects and in the paths alike (YAML 1.1, as Kubernetes reads it).
    *parents, last = [str(step).lower() if isinstance(step, bool) else step for step in change["path"]]
    target: Any = body
    for step in parents:
        target = target[step]
    if change["op"] == "removed":
        del target[last]
    elif isinstance(target.get(last) if isinstance(target, dict) else None, list) and change["op"] == "added":
        target[last] = [*target[last], change["new"]]
    else:
        target[last] = change["new"]
    return body


def predicted(change: dict[str, Any], minor: int = 37) -> bool:
    before, after = bases()[change["kind"], change["name"]], mutated(change)
    sides = [Side(ManifestSet.of([Resource.of(body)])) for body in (before, after)]
    diff = compare(sides[0].manifests, sides[1].manifests)
    facts = Facts(target=(1, minor))
    found = judge(Upgrade("r", "t", sides[0], sides[1], diff, facts=facts), RULES).findings
    return any(f.confidence is Confidence.PROVEN and f.severity > Severity.LOW for f in found)


def of(verdict: str) -> list[dict[str, Any]]:
    return [change for change in changes() if change["verdict"] == verdict]


@pytest.mark.parametrize(("verdict", "number", "wanted"), [("immutable", 251, True), ("accepted", 562, False)])
def test_the_prediction_is_the_servers_answer(verdict: str, number: int, wanted: bool) -> None:  # noqa: FBT001
    asked = of(verdict)
    assert len(asked) == number
    wrong = [
        (c["kind"], c["name"], c["path"], c["op"], c["old"], c["new"]) for c in asked if predicted(c) is not wanted
    ]
    assert wrong == []


@pytest.mark.parametrize("version", ["1.30.14", "1.34.4", "1.35.4"])
def test_the_prediction_is_the_answer_of_an_older_server(version: str) -> None:
    file = corpus() / "by-version" / f"mutations-{version}.jsonl"
    other = {key(row): row["verdict"] for line in file.read_text().splitlines() for row in [json.loads(line)]}
    minor = int(version.split(".")[1])
    wanted = {"immutable": True, "accepted": False}
    wrong = [
        (key(change), verdict)
        for change in changes()
        if (verdict := other.get(key(change), change["verdict"])) in wanted
        if predicted(change, minor) is not wanted[verdict]
    ]
    assert wrong == []


def key(change: dict[str, Any]) -> str:
    return json.dumps([change[part] for part in ("kind", "name", "path", "op", "new")], default=str)
