"""Manifests that no API server would take are compared and judged all the same: whatever stands where, nothing breaks.

Neither does what stands in a chart's own files, or in our values.

The objects are those of the rules' own cases, and one of each built-in kind; single values in them are replaced, keys
left out or doubled, lists shuffled, by a seed of their own. ``PIPELINE_ODD_ROUNDS`` has it try more (1 by default).
"""

import copy
import os
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline import rules
from pipeline.core.charts.chart import Chart, ValuesLayer
from pipeline.core.diff.compare import compare
from pipeline.core.judge.judge import judge
from pipeline.core.kube.resource import ManifestSet, mapping
from pipeline.core.render.manifests import parse
from pipeline.core.risk.rule import Case, Rule
from pipeline.core.risk.upgrade import Facts, Side, Upgrade
from pipeline.core.yaml.reader import load

pytestmark = pytest.mark.slow
RULES = rules.load()
ROUNDS = int(os.environ.get("PIPELINE_ODD_ROUNDS", "1"))
SPARSE = Path(__file__).parents[1] / "data/sparse.yaml"
DATA = re.compile(r"(?!.*templates/).*\.(yaml|json)").fullmatch
ODD: tuple[Any, ...] = (
    *(None, {}, [], "", 0, 1, -1, 1.5, True, False, "x", "1", "true", "a: b", "{", "100m", "x" * 300),
    *({"a": 1}, {"name": "x"}, {"": ""}, {"a": {"b": [{}]}}, {"kind": []}),
    *([1], ["x"], [{"name": "x"}], [{"name": {}}], [[]], [None]),
)


def odd(value: Any, chance: random.Random, often: float) -> Any:
    """A copy in which here and there something else stands."""
    if chance.random() < often:
        return copy.deepcopy(chance.choice(ODD))
    if isinstance(value, dict):
        out = {key: odd(item, chance, often) for key, item in value.items()}
        if out and chance.random() < often:
            key = chance.choice(list(out))
            out[f"{key}x"] = out.pop(key) if chance.random() < 0.5 else out[key]
        return out
    if isinstance(value, list):
        items = [odd(item, chance, often) for item in value]
        if items and chance.random() < often:
            items.append(copy.deepcopy(items[0]))
            chance.shuffle(items)
        return items
    return value


def spoilt(manifests: ManifestSet, chance: random.Random) -> ManifestSet:
    often = chance.choice((0.01, 0.05, 0.2))
    bodies = [(resource.source, odd(resource.body, chance, often)) for resource in manifests.resources]
    texts = [f"---\n# Source: {source}\n{orjson.dumps(body).decode()}\n" for source, body in bodies]
    return parse("".join(texts), namespace="shop", release="web")


def odd_chart(chart: Chart | None, chance: random.Random) -> Chart | None:
    """With odd values in Chart.yaml, values.yaml and the schema, those of its dependencies too. It keeps its name."""
    if chart is None:
        return None
    often = chance.choice((0.02, 0.1))
    files = {path: odd_text(text, chance, often) if DATA(path) else text for path, text in chart.files.items()}
    metadata = {**mapping(odd(dict(chart.metadata), chance, often)), "name": chart.name, "version": chart.version}
    defaults = mapping(load(files.get("values.yaml", "")))
    schema = mapping(load(files["values.schema.json"])) if "values.schema.json" in files else None
    return replace(chart, files=files, metadata=metadata, defaults=defaults, schema=schema)


def odd_text(text: str, chance: random.Random, often: float) -> str:
    return orjson.dumps(odd(load(text), chance, often)).decode()


def odd_side(side: Side, chance: random.Random) -> Side:
    values = [odd_text(layer.text, chance, 0.1) for layer in side.values]
    layers = tuple(
        ValuesLayer(layer.file, text, mapping(load(text))) for layer, text in zip(side.values, values, strict=True)
    )
    return replace(side, manifests=spoilt(side.manifests, chance), chart=odd_chart(side.chart, chance), values=layers)


def judged(before: Side, after: Side, facts: Facts, seed: str) -> None:
    chance = random.Random(seed)
    old, new = odd_side(before, chance), odd_side(after, chance)
    diff = compare(old.manifests, new.manifests)
    judge(Upgrade("web", "shop", old, new, diff, facts), RULES)


def sides(case: Case) -> tuple[Side, Side]:
    before, after = (parse(text, namespace="shop", release="web") for text in (case.before, case.after))
    return Side(before, **case.sides.get("before", {})), Side(after, **case.sides.get("after", {}))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_nothing_that_stands_in_a_manifest_breaks_a_comparison(rule: Rule) -> None:
    for case in rule.cases:
        for number in range(2 * ROUNDS):
            judged(*sides(case), Facts(**case.facts), f"{rule.id} {case.title} {number}")


@pytest.mark.parametrize("part", range(8))
def test_nothing_that_stands_in_an_object_of_any_kind_breaks_a_comparison(part: int) -> None:
    resources = parse(SPARSE.read_text(), namespace="shop", release="web").resources
    side = Side(ManifestSet.of(resources[part::8]))
    for number in range(15 * ROUNDS):
        judged(side, side, Facts(target=(1, 35)), f"{part} {number}")
