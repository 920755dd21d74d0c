"""What real API servers answered to single values in new objects: refusals are predicted, and none is invented."""

import copy
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.core.kube.field_check import Fault, complaints
from pipeline.core.kube.resource import Resource
from tests.support.tools import corpus

RECALL = 0.99
MINORS = {37: "", 35: "1.35.4", 34: "1.34.4", 30: "1.30.14"}
ABSENT_BEFORE_34 = {"ResourceClaim", "ResourceClaimTemplate", "DeviceClass", "VolumeAttributesClass"}
Row = dict[str, Any]


@pytest.mark.slow
@pytest.mark.parametrize("minor", MINORS)
def test_the_prediction_is_the_servers_answer(minor: int) -> None:
    folder = corpus()
    found, invented = Counter[bool](), []
    for row in _rows(folder, minor):
        if minor < 34 and row["kind"] in ABSENT_BEFORE_34:
            continue
        said = complaints(Resource.of(_changed(folder, row)), minor)
        if row["verdict"] == "refused":
            found[bool(said)] += 1
        elif any(one.fault is not Fault.TWICE for one in said):  # twice: refused by server-side apply alone
            invented.append((row["kind"], row["path"], row["what"], row.get("value")))
    assert invented == []
    assert found[True] >= RECALL * found.total()


def _rows(folder: Path, minor: int) -> list[Row]:
    rows = _read(folder / "values" / "1.37.2.jsonl")
    if not MINORS[minor]:
        return rows
    other = {_key(row): row for row in _read(folder / "by-version" / f"values-{MINORS[minor]}.jsonl")}
    return [other.get(_key(row), row) for row in rows]


def _read(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def _key(row: Row) -> tuple[str, ...]:
    return row["kind"], row["name"], json.dumps(row["path"]), row["what"]


@cache
def _base(folder: Path) -> dict[tuple[str, str], Any]:
    bodies = yaml.safe_load_all((folder / "values" / "base.yaml").read_text())
    return {(body["kind"], body["metadata"]["name"]): body for body in bodies if body}


def _changed(folder: Path, row: Row) -> Any:
    body = copy.deepcopy(_base(folder)[row["kind"], row["name"]])
    at: Any = body
    *parents, last = row["path"]
    for step in parents:
        at = at[step]
    match row["what"]:
        case "removed" | "entry removed":
            at.pop(last)
        case "twice":
            at[last].append(copy.deepcopy(at[last][0]))
        case "none":
            at[last] = []
        case "empty map":
            at[last] = {}
        case what if what.startswith("key "):
            at[last][row["value"]] = next(iter(at[last].values()))
        case _:
            at[last] = row["value"]
    return body
