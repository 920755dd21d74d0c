"""The values that rules take templates and schemas to see are those that a real Helm shows them."""

import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pipeline.adapters.charts.load_chart import load_chart
from pipeline.core.charts.coalesce import coalesced
from pipeline.core.charts.known_values import scope_of
from pipeline.core.charts.values import values_of
from tests.support.charts import write_chart
from tests.support.tools import tool

pytestmark = pytest.mark.slow  # a real Helm renders each chart
ROUNDS = int(os.environ.get("PIPELINE_ODD_ROUNDS", "3")) * 10
ROW = "dependencies: [{{name: sub, version: {}{}}}]\n"
DECLARED = [
    "",
    ROW.format("1.0.0", ""),
    ROW.format("1.0.0", ", alias: al"),
    ROW.format("2.0.0", ", alias: al, condition: a"),
    ROW.format("2.0.0", ", condition: a"),
    ROW.format("1.0.0", ", import-values: [e]"),
    ROW.format(
        "1.0.0", ", alias: al, import-values: [{child: a, parent: q}, {child: b, parent: a}, {child: c, parent: .}]"
    ),
    ROW.format("1.0.0", ", condition: 'a, b'"),
    ROW.format("1.0.0", ", condition: 'a,b', tags: [c]"),
    ROW.format("1.0.0", ", tags: [a, b]"),
]


def seen(folder: Path, declared: str, parent: str, child: str, own: str) -> tuple[Any, Any]:
    """What Helm shows templates, and what rules think that it does; without nulls and empty globals."""
    chart = write_chart(
        folder / "web",
        {
            "Chart.yaml": f"apiVersion: v2\nname: web\nversion: 1.0.0\n{declared}",
            "values.yaml": parent,
            "templates/a.yaml": "{{ toJson .Values }}",
            "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
            "charts/sub/values.yaml": child,
        },
    )
    (folder / "own.yaml").write_text(own)
    command = [tool("helm"), "template", "a", str(chart), "--values", str(folder / "own.yaml")]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    by_helm = json.loads(out.splitlines()[-1])
    return _clean(by_helm), _clean(coalesced(scope_of(load_chart(chart)), values_of(own)))


def _clean(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    below = {key: _clean(one) for key, one in value.items() if one is not None}
    return {key: one for key, one in below.items() if key != "global" or one}


@pytest.mark.parametrize(
    ("declared", "parent", "child", "own"),
    [
        (DECLARED[7], "a: true\n' b': false\n", "x: 1\n", "b: false\n"),
        (DECLARED[3], "a: false\nal: {x: 2}\n", "x: 1\n", "al: {x: 3}\n"),
        (DECLARED[4], "a: false\n", "x: 1\n", "sub: {x: 3}\n"),
        (DECLARED[5], "y: 1\n", "exports: {e: {y: 2, z: 3}}\n", "sub: {exports: {e: {z: 4}}}\n"),
        (DECLARED[1], "global: {g: 1}\n", "global: {g: 2, h: 3}\n", "global: {g: null, h: null}\n"),
        (DECLARED[1], "sub: {m: {x: null}}\n", "m: {x: 1, z: 2}\n", "sub: {m: {z: null}}\n"),
        (DECLARED[9], "tags: {a: false}\n", "x: 1\n", "tags: {b: true}\n"),
        (DECLARED[9], "tags: {a: false}\n", "x: 1\n", "{}\n"),
        (DECLARED[1], "a: 1\n---\nsub: {x: 2}\n", "x: 1\n---\nz: 1\n", "b: 1\n---\nsub: {z: 3}\n---\n"),
    ],
)
def test_switches_imports_globals_nulls_and_documents(
    tmp_path: Path, declared: str, parent: str, child: str, own: str
) -> None:
    by_helm, ours = seen(tmp_path, declared, parent, child, own)
    assert ours == by_helm


def test_whatever_charts_and_users_set(tmp_path: Path) -> None:
    chance = random.Random(os.environ.get("PYTEST_RANDOM_SEED", "values"))
    for number in range(ROUNDS):
        parts = [json.dumps(_values(chance, top=top)) for top in (True, False, True)]
        declared = chance.choice(DECLARED)
        by_helm, ours = seen(tmp_path / str(number), declared, *parts)
        assert ours == by_helm, (declared, *parts)


def _values(chance: random.Random, *, top: bool) -> dict[str, Any]:
    found = {key: _value(chance, 0) for key in chance.sample("abc", chance.randint(0, 3))}
    if chance.random() < 0.5:
        found["global"] = {key: _value(chance, 1) for key in chance.sample("abc", chance.randint(0, 2))}
    if top:
        found |= {key: _values(chance, top=False) for key in ("sub", "al") if chance.random() < 0.5}
        found |= (
            {"tags": {key: chance.random() < 0.5 for key in chance.sample("abc", 2)}} if chance.random() < 0.5 else {}
        )
    elif chance.random() < 0.4:
        found["exports"] = {"e": {key: _value(chance, 1) for key in ("a", "d")}}
    return found


def _value(chance: random.Random, depth: int) -> Any:
    if depth < 2 and chance.random() < 0.45:
        return {key: _value(chance, depth + 1) for key in chance.sample("abc", chance.randint(0, 2))}
    return chance.choice([None, 1, 2, False, True, "x"])
